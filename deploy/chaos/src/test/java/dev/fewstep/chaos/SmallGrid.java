package dev.fewstep.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.chaos.load.Api;
import dev.fewstep.chaos.load.TinyInputs;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A grid of two trials on tiny inputs, whose finetunes take long enough to be disturbed. */
final class SmallGrid {
  private static final Duration PATIENCE = Duration.ofMinutes(6);
  private static final List<String> ENDED = List.of("SUCCEEDED", "FAILED", "CANCELLED", "CACHED");

  private final Api api;
  private final int iterations;

  /** A grid of finetunes of so many iterations, each with a checkpoint after every 20. */
  SmallGrid(Api api, int iterations) {
    this.api = api;
    this.iterations = iterations;
  }

  /** Uploads what every such grid needs. */
  void prepare(Path folder) throws IOException, InterruptedException {
    api.upload("images", "DATASET", TinyInputs.dataset(folder));
    api.upload("base", "WEIGHTS", TinyInputs.weights(folder));
    api.upload("a", "EXTRACTOR", TinyInputs.extractor(folder, "a", 1));
    api.upload("b", "EXTRACTOR", TinyInputs.extractor(folder, "b", 2));
  }

  /** Submits it, every task anew; its id. */
  String submit(String name) throws InterruptedException {
    String spec =
        """
        apiVersion: fewstep/v1
        kind: Experiment
        metadata: {name: %s}
        spec:
          base:
            data: {train: images}
            model: {weights: base}
            sampling: {steps: 2}
            loss: {extractor: a, mmdBatch: 4}
            training: {iterations: %d, learningRate: 0.001, warmup: 1, ema: 0.9, checkpointEvery: 20}
          seeds: [1, 2]
          evaluation: {reference: images, extractors: [b], samples: 16, batch: 16, seed: 1, baseSteps: [4]}
          policy: {cache: false, retry: {maxAttempts: 1}}
        """
            .formatted(name, iterations);
    return api.command("/api/v1/experiments", spec, 0).path("id").asText();
  }

  /** Waits until a finetune runs and has a checkpoint; that task. */
  JsonNode awaitCheckpoint(String experiment) throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      for (JsonNode task : finetunes(api, experiment)) {
        assertThat(task.path("state").asText()).as("it was still to be disturbed").isNotIn(ENDED);
        if ("RUNNING".equals(task.path("state").asText())
            && task.path("log").toString().contains("has a checkpoint at step")) {
          return task;
        }
      }
      Thread.sleep(50);
    }
    throw new AssertionError("no finetune of " + experiment + " had a checkpoint");
  }

  private static List<JsonNode> finetunes(Api api, String experiment)
      throws IOException, InterruptedException {
    List<JsonNode> found = new ArrayList<>();
    for (JsonNode task : api.all(0, "/api/v1/tasks?experiment=" + experiment)) {
      if ("FINETUNE".equals(task.path("kind").asText())) {
        found.add(api.get(0, "/api/v1/tasks/" + task.path("key").asText()));
      }
    }
    return found;
  }

  /** Waits until a server says through {@code client} that the experiment has succeeded. */
  static void awaitSuccess(Api client, String experiment) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    String state = "";
    while (System.nanoTime() < end && !"SUCCEEDED".equals(state)) {
      try {
        state = client.get(0, "/api/v1/experiments/" + experiment).path("state").asText();
      } catch (IOException e) {
        // A server that waits for its broker refuses reads for a while.
        state = e.getMessage();
      }
      assertThat(state).isNotIn("FAILED", "CANCELLED");
      Thread.sleep(500);
    }
    assertThat(state).as(experiment).isEqualTo("SUCCEEDED");
  }

  /** SHA-256 of the finetuned weights by trial. */
  static Map<String, String> weights(Api client, String experiment)
      throws IOException, InterruptedException {
    Map<String, String> digests = new TreeMap<>();
    for (JsonNode task : finetunes(client, experiment)) {
      for (JsonNode artifact : task.path("artifacts")) {
        if ("weights.safetensors".equals(artifact.path("name").asText())) {
          digests.put(task.path("label").asText(), artifact.path("sha256").asText());
        }
      }
    }
    return digests;
  }
}
