package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trials that a real worker trains and that are halved by their validation. */
class HalvingRunTest {
  private static final String GOOD = "1.0E-4";

  @TempDir Path folder;

  @Test
  void findsTheBetterRateAndKeepsWhatItStops() throws Exception {
    try (UpProcess up = new UpProcess(folder)) {
      up.start();
      up.importInputs();

      String halved =
          up.submit(spec("halved", "search: {method: halving, minIterations: 4}", true));
      up.awaitSuccess(halved);
      List<JsonNode> trials = trials(up, halved);
      Map<String, String> states = new TreeMap<>();
      trials.forEach(t -> states.put(rate(t), t.path("state").asText()));
      assertThat(states)
          .containsEntry(GOOD, "SUCCEEDED")
          .containsEntry("1.0E-10", "STOPPED")
          .containsEntry("1.0E-8", "STOPPED");
      JsonNode rungs = up.client().get("/api/v1/experiments/" + halved).path("rungs");
      assertThat(rungs).hasSize(2);
      assertThat(rungs.get(0).path("completed").asInt()).isEqualTo(3);
      assertThat(rungs.get(1).path("best").isNumber()).isTrue();

      String all =
          up.client()
              .post(
                  "/api/v1/experiments/" + halved + ":extend",
                  "application/json",
                  "{\"iterations\": 0, \"all\": true}",
                  UUID.randomUUID())
              .path("id")
              .asText();
      up.awaitSuccess(all);
      String straight = up.submit(spec("straight", "seeds: [0]", false));
      up.awaitSuccess(straight);

      assertThat(weights(up, all))
          .as("promoted, or stopped and gone on: bit by bit what a straight run has")
          .isEqualTo(weights(up, straight))
          .hasSize(3);
    }
  }

  private static String spec(String name, String more, boolean cache) {
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
        training: {iterations: 8, warmup: 0, validation: {every: 4, samples: 64, patience: 0}}
      grid: {training.learningRate: [1.0e-10, 1.0e-4, 1.0e-8]}
      %s
      evaluation: {reference: images, extractors: [b], samples: 128, batch: 64}
      policy: {cache: %s}
    """
        .formatted(name, more, cache);
  }

  private static List<JsonNode> trials(UpProcess up, String experiment) {
    return up.client().all("/api/v1/experiments/" + experiment + "/trials");
  }

  private static String rate(JsonNode trial) {
    return trial.path("values").path("training.learningRate").asText();
  }

  /** Digests of the finetuned weights by learning rate. */
  private static Map<String, List<String>> weights(UpProcess up, String experiment) {
    Map<String, List<String>> digests = new TreeMap<>();
    for (JsonNode trial : trials(up, experiment)) {
      JsonNode task =
          up.client().get("/api/v1/tasks/" + trial.path("tasks").path("finetune").asText());
      List<String> files = new ArrayList<>();
      for (JsonNode artifact : task.path("artifacts")) {
        if (artifact.path("name").asText().equals("weights.safetensors")) {
          files.add(artifact.path("sha256").asText());
        }
      }
      digests.put(rate(trial), files);
    }
    return digests;
  }
}
