package dev.fewstep.orchestrator.view;

import dev.fewstep.orchestrator.experiment.Played;
import dev.fewstep.schemas.spec.ExperimentSpec;

/** Specifications for tests of views. */
final class Experiments {
  private Experiments() {}

  static ExperimentSpec spec(String name, String metadata, String base, String rest) {
    return Played.read(
        """
        {"apiVersion": "fewstep/v1", "kind": "Experiment",
         "metadata": {"name": "%s"%s},
         "spec": {
           "base": {"data": {"train": "train"}, "model": {"weights": "ddpm"},
                    "loss": {"extractor": "small/multi"}%s},
           "evaluation": {"reference": "test", "extractors": ["small/multi", "wide"],
                          "samples": 2048, "bootstrap": 50}%s}}
        """
            .formatted(name, metadata, base, rest));
  }

  static ExperimentSpec grid(String name, String grid, String seeds) {
    return spec(name, "", "", ", \"grid\": " + grid + ", \"seeds\": " + seeds);
  }
}
