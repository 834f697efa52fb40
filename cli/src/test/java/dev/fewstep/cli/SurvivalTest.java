package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code fewstep up} as real processes, killed with SIGKILL in the middle of a finetune: nothing is
 * lost, nothing is done twice, and the weights are those of a run that nobody killed.
 */
class SurvivalTest {
  private static final int KILL_AT_STEP = 12;

  @TempDir Path folder;

  private UpProcess up;

  @BeforeEach
  void prepare() {
    up = new UpProcess(folder);
  }

  @AfterEach
  void stop() {
    up.close();
  }

  @Test
  void survivesTheDeathOfTheWorkerAndOfEverything() throws Exception {
    up.start();
    up.importInputs();

    String first = up.submit(spec("first", "0", true));
    awaitFinetuneAtStep(first);
    up.worker().destroyForcibly();
    up.awaitSuccess(first);
    JsonNode finetune = finetune(first);
    assertThat(finetune.path("attempt").asInt()).as("taken again after the loss").isEqualTo(2);
    Map<String, String> before = results(first);

    String second = up.submit(spec("second", "1", true));
    awaitFinetuneAtStep(second);
    ProcessHandle orphan = up.worker();
    up.kill();
    UpProcess.await("the worker ends with its parent", () -> !orphan.isAlive());
    up.start();
    up.awaitSuccess(second);
    assertThat(results(first)).as("what was done stays as it was").isEqualTo(before);

    String again = up.submit(spec("again", "0, 1", true));
    up.awaitSuccess(again);
    assertThat(up.tasks(again)).allMatch(task -> task.path("state").asText().equals("CACHED"));

    String undisturbed = up.submit(spec("undisturbed", "0, 1", false));
    up.awaitSuccess(undisturbed);
    List<String> interrupted = new ArrayList<>(weights(first));
    interrupted.addAll(weights(second));
    assertThat(weights(undisturbed))
        .as("weights of uninterrupted runs, bit by bit")
        .containsExactlyInAnyOrderElementsOf(interrupted);
  }

  @Test
  void drainsAndSignalsCostNothingAndChangeNothing() throws Exception {
    up.start();
    up.importInputs();
    String drained = up.submit(spec("drained", "3", true));
    awaitFinetuneAtStep(drained);
    String first = workerId();
    assertThat(program("workers", "drain", first).err()).isEmpty();
    UpProcess.await(
        "it is handed back", () -> finetune(drained).path("state").asText().equals("QUEUED"));
    String key = finetune(drained).path("key").asText();
    JsonNode why = up.client().get("/api/v1/tasks/" + key + "/explain").path("reasons");
    assertThat(why.findValuesAsText("code"))
        .as("why it waits")
        .containsExactly("DRAINING", "HANDED_BACK");
    assertThat(program("workers", "drain", first, "--resume").err()).isEmpty();
    UpProcess.await("it goes on", () -> finetune(drained).path("state").asText().equals("RUNNING"));
    ProcessHandle signalled = up.worker();
    assertThat(signalled.destroy()).as("SIGTERM").isTrue();
    UpProcess.await("the worker ends in time", () -> !signalled.isAlive());
    up.awaitSuccess(drained);
    JsonNode finetune = finetune(drained);
    assertThat(finetune.path("attempt").asInt()).as("taken three times").isEqualTo(3);
    assertThat(finetune.path("charged").asInt(-1)).as("free of charge").isZero();
    assertThat(finetune.path("workerId").asText()).as("gone on elsewhere").isNotEqualTo(first);

    String undisturbed = up.submit(spec("calm", "3", false));
    up.awaitSuccess(undisturbed);
    assertThat(weights(undisturbed))
        .as("weights of an uninterrupted run, bit by bit")
        .containsExactlyElementsOf(weights(drained));

    assertThat(program("project", "set", "default", "--weight", "3", "--devices", "2").exitCode())
        .isZero();
    JsonNode project = up.client().get("/api/v1/projects").path("items").path(0);
    assertThat(project.path("weight").asDouble()).isEqualTo(3);
    assertThat(project.path("maxDevices").asInt()).isEqualTo(2);
    assertThat(program("project", "list").out()).contains("default");
  }

  private ProgramRun program(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--server");
    all.add(up.address());
    return ProgramRun.in(folder, all.toArray(String[]::new));
  }

  private String workerId() {
    return up.client().get("/api/v1/workers").path("items").path(0).path("workerId").asText();
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

  private JsonNode finetune(String experiment) {
    return up.tasks(experiment).stream()
        .filter(task -> task.path("kind").asText().equals("FINETUNE"))
        .findFirst()
        .orElseThrow();
  }

  private void awaitFinetuneAtStep(String experiment) {
    UpProcess.await(
        "the finetune of " + experiment + " is under way",
        () -> {
          JsonNode task = finetune(experiment);
          assertThat(task.path("state").asText()).isNotEqualTo("SUCCEEDED");
          return task.path("state").asText().equals("RUNNING")
              && task.path("step").asInt() >= KILL_AT_STEP;
        });
  }

  /** What every task made and when it ended, by key. */
  private Map<String, String> results(String experiment) {
    Map<String, String> results = new TreeMap<>();
    up.tasks(experiment)
        .forEach(
            task ->
                results.put(
                    task.path("key").asText(),
                    task.path("finishedAt").asText() + task.path("artifacts")));
    return results;
  }

  private List<String> weights(String experiment) {
    List<String> digests = new ArrayList<>();
    for (JsonNode task : up.tasks(experiment)) {
      for (JsonNode artifact : task.path("artifacts")) {
        if (artifact.path("name").asText().equals("weights.safetensors")) {
          digests.add(artifact.path("sha256").asText());
        }
      }
    }
    return digests;
  }
}
