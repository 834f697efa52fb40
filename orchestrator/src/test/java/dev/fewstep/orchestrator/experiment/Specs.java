package dev.fewstep.orchestrator.experiment;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.ExperimentSpec;

/** Specifications and inputs for tests. */
final class Specs {
  static final String TWO_SEEDS = "[1, 2]";
  static final String ONE_SEED = "[1]";
  static final String NO_AXES = "{}";

  private Specs() {}

  static Artifact file(ArtifactKind kind, String name) {
    return new Artifact(kind, name, name.length(), Digests.sha256Hex(name));
  }

  /**
   * An experiment on imported weights that trains in space {@code small} and holds out {@code
   * wide}.
   */
  static ExperimentSpec spec(String name, String grid, String seeds, String policy) {
    return read(
        """
        {"apiVersion": "fewstep/v1", "kind": "Experiment",
         "metadata": {"name": "%s", "project": "p"},
         "spec": {
           "base": {"data": {"train": "train"}, "model": {"weights": "ddpm"},
                    "loss": {"extractor": "small/multi"}},
           "grid": %s, "seeds": %s,
           "evaluation": {"reference": "test", "extractors": ["small/multi", "wide"],
                          "samples": 2048, "baseSteps": [10, 20]},
           "policy": %s}}
        """
            .formatted(name, grid, seeds, policy));
  }

  static ExperimentSpec spec(String name) {
    return spec(name, NO_AXES, ONE_SEED, "{}");
  }

  static ExperimentSpec withPolicy(String name, String policy) {
    return spec(name, NO_AXES, ONE_SEED, policy);
  }

  static ExperimentSpec inProject(String name, String project, String policy) {
    return read(
        Json.toText(spec(name, "{\"sampling.steps\": [3, 4, 5, 6]}", ONE_SEED, policy))
            .replace("\"project\":\"p\"", "\"project\":\"" + project + "\""));
  }

  static ExperimentSpec pretraining(String name) {
    return read(
        Json.toText(spec(name))
            .replace(
                "{\"weights\":\"ddpm\"}",
                "{\"pretrain\":{\"network\":{\"imageSize\":28,\"channels\":1,\"width\":32},"
                    + "\"training\":{\"iterations\":10}}}"));
  }

  static ExperimentSpec read(String json) {
    try {
      return Json.specs().readValue(json, ExperimentSpec.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
