package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** {@code fewstep up} as a process of its own, with a real worker, on the demo's models. */
final class UpProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Path MODELS = Path.of("..", "models", "fashion-mnist").toAbsolutePath();

  private final Path folder;
  private final Map<String, String> environment;
  private Optional<Process> up = Optional.empty();
  private Optional<ApiClient> client = Optional.empty();
  private String address = "";

  /** A process that keeps everything in a folder. */
  UpProcess(Path folder) {
    this(folder, Map.of());
  }

  /** The same with further environment variables. */
  UpProcess(Path folder, Map<String, String> environment) {
    this.folder = folder;
    this.environment = Map.copyOf(environment);
  }

  /** A client of it. */
  ApiClient client() {
    return client.orElseThrow();
  }

  /** Where it serves. */
  String address() {
    return address;
  }

  /** Starts it on its data directory, again if need be. */
  void start() throws IOException {
    Path out = folder.resolve("up-" + UUID.randomUUID() + ".out");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-Dai.djl.offline=true",
            "-Dfewstep.home=" + MODELS.getParent().getParent(),
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "up",
            "--no-models",
            "--port",
            "0");
    builder.environment().put("FEWSTEP_DATA_DIR", folder.resolve("data").toString());
    builder.environment().put("FEWSTEP_CACHE_DIR", folder.resolve("cache").toString());
    builder.environment().put("FEWSTEP_THREADS", "2");
    builder.environment().putAll(environment);
    builder
        .environment()
        .putIfAbsent(
            "DJL_CACHE_DIR", Path.of(System.getProperty("user.home"), ".djl.ai").toString());
    builder.redirectErrorStream(true).redirectOutput(out.toFile());
    Process process = builder.start();
    up = Optional.of(process);
    await(
        "up says where it serves",
        () -> {
          assertThat(process.isAlive()).as("up runs: %s", read(out)).isTrue();
          return read(out).contains("dashboard: ");
        });
    address =
        read(out)
            .lines()
            .filter(line -> line.startsWith("dashboard: "))
            .findFirst()
            .orElseThrow()
            .substring("dashboard: ".length());
    client = Optional.of(new ApiClient(address));
  }

  /** Imports what specifications of the tests name. */
  void importInputs() throws IOException {
    importInputs(client(), folder);
  }

  /** Imports them over a client; what is read is kept in a folder. */
  static void importInputs(ApiClient client, Path folder) throws IOException {
    Path bundle = folder.resolve("inputs.yaml");
    Files.writeString(
        bundle,
        """
        inputs:
          - {name: images, dataset: %1$s/data/t10k-images-idx3-ubyte.gz}
          - {name: base, weights: %1$s/ddpm/weights.safetensors}
          - {name: a, extractor: %1$s/extractors/a/weights.safetensors}
          - {name: b, extractor: %1$s/extractors/b/weights.safetensors}
        """
            .formatted(MODELS));
    InputBundle.read(bundle).register(client, folder.resolve("datasets"), line -> {});
  }

  /** Ends it as a person would. */
  @Override
  public void close() {
    if (up.isPresent()) {
      up.get().destroy();
      try {
        if (!up.get().waitFor(30, TimeUnit.SECONDS)) {
          up.get().destroyForcibly().waitFor();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Kills it, and waits until it is gone. */
  void kill() throws InterruptedException {
    up.orElseThrow().destroyForcibly().waitFor();
  }

  /** Submits YAML; the id. */
  String submit(String spec) {
    return client()
        .post("/api/v1/experiments", "application/yaml", spec, UUID.randomUUID())
        .path("id")
        .asText();
  }

  /** All tasks of an experiment. */
  List<JsonNode> tasks(String experiment) {
    return client().all("/api/v1/tasks?experiment=" + experiment);
  }

  /** Waits for its end, which must be a success. */
  void awaitSuccess(String experiment) {
    await(
        experiment + " is over",
        () -> {
          String state = client().get("/api/v1/experiments/" + experiment).path("state").asText();
          assertThat(state).isNotIn("FAILED", "CANCELLED");
          return state.equals("SUCCEEDED");
        });
  }

  /** The worker that it started. */
  ProcessHandle worker() {
    List<ProcessHandle> children = up.orElseThrow().children().toList();
    assertThat(children).as("the worker is the only child").hasSize(1);
    return children.get(0);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Waits at most five minutes. */
  static void await(String what, Supplier<Boolean> done) {
    Instant deadline = Instant.now().plus(PATIENCE);
    while (!done.get()) {
      assertThat(Instant.now()).as(what).isBefore(deadline);
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted while waiting: " + what, e);
      }
    }
  }
}
