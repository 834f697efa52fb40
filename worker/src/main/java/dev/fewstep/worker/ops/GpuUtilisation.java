package dev.fewstep.worker.ops;

import static java.util.Objects.requireNonNull;

import ai.djl.Device;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@code nvidia-smi} says of how busy one GPU is, asked every 15 s. CUDA and {@code
 * nvidia-smi} may number GPUs differently: where several are there, only one that {@code
 * CUDA_VISIBLE_DEVICES} names is asked about.
 */
public final class GpuUtilisation implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GpuUtilisation.class);
  private static final long INTERVAL_SECONDS = 15;
  private static final long ANSWER_SECONDS = 10;

  private final Path program;
  private final String gpu;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "fewstep-gpu");
            thread.setDaemon(true);
            return thread;
          });
  private volatile OptionalDouble newest = OptionalDouble.empty();

  private GpuUtilisation(Path program, String gpu) {
    this.program = requireNonNull(program, "program");
    this.gpu = requireNonNull(gpu, "gpu");
  }

  /** Begins to ask; empty where nothing tells of that device. */
  public static Optional<GpuUtilisation> start(Device device) {
    Optional<Path> program = device.isGpu() ? onPath() : Optional.empty();
    if (program.isEmpty()) {
      return Optional.empty();
    }
    Optional<String> gpu =
        name(
            Optional.ofNullable(System.getenv("CUDA_VISIBLE_DEVICES")),
            device.getDeviceId(),
            ask(List.of(program.get().toString(), "-L")).size());
    return gpu.map(
        name -> {
          GpuUtilisation made = new GpuUtilisation(program.get(), name);
          var unused =
              made.timer.scheduleWithFixedDelay(made::read, 0, INTERVAL_SECONDS, TimeUnit.SECONDS);
          return made;
        });
  }

  /**
   * What {@code nvidia-smi} calls a device.
   *
   * @param visible {@code CUDA_VISIBLE_DEVICES}: numbers or UUIDs
   * @param device number that CUDA gives it
   * @param there how many GPUs there are
   */
  static Optional<String> name(Optional<String> visible, int device, int there) {
    if (there == 0) {
      return Optional.empty();
    }
    if (visible.isPresent() && !visible.get().isBlank()) {
      String[] names = visible.get().split(",", -1);
      return device < names.length ? Optional.of(names[device].strip()) : Optional.empty();
    }
    return there == 1 && device == 0 ? Optional.of("0") : Optional.empty();
  }

  /** From 0 to 1; empty while it is not known. */
  public OptionalDouble ratio() {
    return newest;
  }

  private void read() {
    List<String> lines =
        ask(
            List.of(
                program.toString(),
                "-i",
                gpu,
                "--query-gpu=utilization.gpu",
                "--format=csv,noheader,nounits"));
    newest = lines.isEmpty() ? OptionalDouble.empty() : ratio(lines.get(0));
  }

  /** Percent as a ratio; empty for {@code [N/A]}. */
  static OptionalDouble ratio(String percent) {
    try {
      return OptionalDouble.of(Double.parseDouble(percent.strip()) / 100);
    } catch (NumberFormatException e) {
      return OptionalDouble.empty();
    }
  }

  private static Optional<Path> onPath() {
    for (String folder : Optional.ofNullable(System.getenv("PATH")).orElse("").split(":", -1)) {
      Path program = Path.of(folder, "nvidia-smi");
      if (Files.isExecutable(program)) {
        return Optional.of(program);
      }
    }
    return Optional.empty();
  }

  private static List<String> ask(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      try {
        if (!process.waitFor(ANSWER_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
          return List.of();
        }
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        List<String> lines = new ArrayList<>(text.lines().toList());
        lines.removeIf(String::isBlank);
        return lines;
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      LOG.debug("{} does not answer", command, e);
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
