package dev.fewstep.worker.ops;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Where a result was computed: kept with every result and shown, never part of a task's key. */
public final class Provenance {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final List<String> TOLD_FLAGS = List.of("avx2", "avx512f", "amx_bf16", "asimd");

  private Provenance() {}

  /** Version and commit of this build: {@code version}, {@code commit}. */
  public static Map<String, String> build() {
    Properties properties = new Properties();
    try (InputStream in = Provenance.class.getResourceAsStream("build.properties")) {
      if (in == null) {
        throw new IllegalStateException("build.properties is missing from the worker's jar");
      }
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String commit = known(properties.getProperty("commit"));
    boolean dirty = "true".equals(properties.getProperty("dirty"));
    Map<String, String> build = new TreeMap<>();
    build.put("version", known(properties.getProperty("version")));
    build.put("commit", dirty ? commit + "-dirty" : commit);
    return build;
  }

  /** A value that the build filled in, or {@code unknown}. */
  private static String known(String value) {
    return value == null || value.isBlank() || value.startsWith("${") ? "unknown" : value;
  }

  /** Versions for a presence: fewstep, commit, java, djl, libtorch. */
  public static Map<String, String> versions() {
    Map<String, String> build = build();
    Map<String, String> versions = new TreeMap<>();
    versions.put("fewstep", build.getOrDefault("version", "unknown"));
    versions.put("commit", build.getOrDefault("commit", "unknown"));
    versions.put("java", Runtime.version().toString());
    versions.put("djl", Engine.getDjlVersion());
    versions.put("libtorch", TorchEngine.version());
    return versions;
  }

  /**
   * Everything that is kept with a result: the versions, the device, the threads and, on a CPU, its
   * model and vector extensions.
   *
   * @param device where tensors live
   * @param shards threads that share a training step
   */
  public static Map<String, String> of(Device device, int shards) {
    Map<String, String> all = new TreeMap<>(versions());
    all.put("device", device.isGpu() ? "cuda:" + device.getDeviceId() : "cpu");
    all.put("threads", Integer.toString(TorchEngine.threads()));
    all.put("shards", Integer.toString(shards));
    all.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    cpuInfo("model name").ifPresent(model -> all.put("cpu", model));
    cpuInfo("flags").or(() -> cpuInfo("Features")).ifPresent(f -> all.put("cpu_flags", told(f)));
    return all;
  }

  private static String told(String flags) {
    List<String> present = new ArrayList<>(Arrays.asList(flags.split(" ", -1)));
    present.retainAll(TOLD_FLAGS);
    return String.join(" ", present);
  }

  /** The first value under that name, where the system tells. */
  private static Optional<String> cpuInfo(String name) {
    if (!Files.isReadable(CPU_INFO)) {
      return Optional.empty();
    }
    try (Stream<String> lines = Files.lines(CPU_INFO)) {
      return lines
          .filter(line -> line.startsWith(name) && line.contains(":"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException | UncheckedIOException e) {
      return Optional.empty();
    }
  }
}
