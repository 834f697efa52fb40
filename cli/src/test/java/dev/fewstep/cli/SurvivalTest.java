package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code fewstep up} as real processes, killed with SIGKILL in the middle of a finetune: nothing is
 * lost, nothing is done twice, and the weights are those of a run that nobody killed.
 */
class SurvivalTest {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Path MODELS = Path.of("..", "models", "fashion-mnist").toAbsolutePath();
  private static final int KILL_AT_STEP = 12;

  @TempDir Path folder;
  private Process up;
  private ApiClient client;

  @AfterEach
  void stop() throws Exception {
    if (up != null) {
      up.destroy();
      if (!up.waitFor(30, TimeUnit.SECONDS)) {
        up.destroyForcibly().waitFor();
      }
    }
  }

  @Test
  void survivesTheDeathOfTheWorkerAndOfEverything() throws Exception {
    start();
    importInputs();

    String first = submit(spec("first", "0", true));
    awaitFinetuneAtStep(first);
    worker().destroyForcibly();
    awaitSuccess(first);
    JsonNode finetune = finetune(first);
    assertThat(finetune.path("attempt").asInt()).as("taken again after the loss").isEqualTo(2);
    Map<String, String> before = results(first);

    String second = submit(spec("second", "1", true));
    awaitFinetuneAtStep(second);
    ProcessHandle orphan = worker();
    up.destroyForcibly().waitFor();
    await("the worker ends with its parent", () -> !orphan.isAlive());
    start();
    awaitSuccess(second);
    assertThat(results(first)).as("what was done stays as it was").isEqualTo(before);

    String again = submit(spec("again", "0, 1", true));
    awaitSuccess(again);
    assertThat(tasks(again)).allMatch(task -> task.path("state").asText().equals("CACHED"));

    String undisturbed = submit(spec("undisturbed", "0, 1", false));
    awaitSuccess(undisturbed);
    List<String> interrupted = new ArrayList<>(weights(first));
    interrupted.addAll(weights(second));
    assertThat(weights(undisturbed))
        .as("weights of uninterrupted runs, bit by bit")
        .containsExactlyInAnyOrderElementsOf(interrupted);
  }

  private void start() throws IOException {
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
    builder
        .environment()
        .putIfAbsent(
            "DJL_CACHE_DIR", Path.of(System.getProperty("user.home"), ".djl.ai").toString());
    builder.redirectErrorStream(true).redirectOutput(out.toFile());
    up = builder.start();
    await(
        "up says where it serves",
        () -> {
          assertThat(up.isAlive()).as("up runs: %s", read(out)).isTrue();
          return read(out).contains("dashboard: ");
        });
    String address =
        read(out)
            .lines()
            .filter(line -> line.startsWith("dashboard: "))
            .findFirst()
            .orElseThrow()
            .substring("dashboard: ".length());
    client = new ApiClient(address);
  }

  private void importInputs() throws IOException {
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

  private static String spec(String name, String seeds, boolean cache) {
    return """
    apiVersion: fewstep/v1
    kind: Experiment
    metadata: {name: %s}
    spec:
      base:
        data: {train: images}
        model: {weights: base}
        sampling: {steps: 2}
        loss: {extractor: a, mmdBatch: 16, microBatch: 8}
        training: {iterations: 60, learningRate: 0.00002, warmup: 5, checkpointEvery: 5}
      seeds: [%s]
      evaluation: {reference: images, extractors: [b], samples: 128, batch: 64}
      policy: {cache: %s}
    """
        .formatted(name, seeds, cache);
  }

  private String submit(String spec) {
    return client
        .post("/api/v1/experiments", "application/yaml", spec, UUID.randomUUID())
        .path("id")
        .asText();
  }

  private List<JsonNode> tasks(String experiment) {
    return client.all("/api/v1/tasks?experiment=" + experiment);
  }

  private JsonNode finetune(String experiment) {
    return tasks(experiment).stream()
        .filter(task -> task.path("kind").asText().equals("FINETUNE"))
        .findFirst()
        .orElseThrow();
  }

  private void awaitFinetuneAtStep(String experiment) {
    await(
        "the finetune of " + experiment + " is under way",
        () -> {
          JsonNode task = finetune(experiment);
          assertThat(task.path("state").asText()).isNotEqualTo("SUCCEEDED");
          return task.path("state").asText().equals("RUNNING")
              && task.path("step").asInt() >= KILL_AT_STEP;
        });
  }

  private void awaitSuccess(String experiment) {
    await(
        experiment + " is over",
        () -> {
          String state = client.get("/api/v1/experiments/" + experiment).path("state").asText();
          assertThat(state).isNotIn("FAILED", "CANCELLED");
          return state.equals("SUCCEEDED");
        });
  }

  /** What every task made and when it ended, by key. */
  private Map<String, String> results(String experiment) {
    Map<String, String> results = new TreeMap<>();
    tasks(experiment)
        .forEach(
            task ->
                results.put(
                    task.path("key").asText(),
                    task.path("finishedAt").asText() + task.path("artifacts")));
    return results;
  }

  private List<String> weights(String experiment) {
    List<String> digests = new ArrayList<>();
    for (JsonNode task : tasks(experiment)) {
      for (JsonNode artifact : task.path("artifacts")) {
        if (artifact.path("name").asText().equals("weights.safetensors")) {
          digests.add(artifact.path("sha256").asText());
        }
      }
    }
    return digests;
  }

  private ProcessHandle worker() {
    List<ProcessHandle> children = up.children().toList();
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

  private static void await(String what, Supplier<Boolean> done) {
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
