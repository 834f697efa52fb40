package dev.fewstep.worker.task.program;

import ai.djl.Device;
import ai.djl.util.cuda.CudaUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;

/**
 * Memory in use where a task computes: of a GPU what is taken of its memory, by whomever; of a CPU
 * what the process holds in memory, which only Linux tells.
 */
public final class ProcessMemory {
  private static final Path STATUS = Path.of("/proc/self/status");

  private final Device device;
  private boolean told = true;

  /** Of the process, or of a GPU. */
  public ProcessMemory(Device device) {
    this.device = device;
  }

  /** Bytes in use now; empty where nothing tells. */
  public OptionalDouble bytes() {
    if (!told) {
      return OptionalDouble.empty();
    }
    OptionalDouble bytes = device.isGpu() ? ofGpu() : ofProcess();
    told = bytes.isPresent();
    return bytes;
  }

  private OptionalDouble ofGpu() {
    try {
      return OptionalDouble.of((double) CudaUtils.getGpuMemory(device).getCommitted());
    } catch (RuntimeException | UnsatisfiedLinkError e) {
      return OptionalDouble.empty();
    }
  }

  private static OptionalDouble ofProcess() {
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .map(line -> line.replaceAll("[^0-9]", ""))
          .filter(digits -> !digits.isEmpty())
          .mapToDouble(digits -> 1024.0 * Long.parseLong(digits))
          .findFirst();
    } catch (IOException e) {
      return OptionalDouble.empty();
    }
  }
}
