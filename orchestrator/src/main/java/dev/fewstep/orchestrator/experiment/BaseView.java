package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskState;
import java.util.Map;
import java.util.Optional;

/**
 * The base model alone at some number of sampling steps.
 *
 * @param samplingSteps sampling steps asked for
 * @param state of its evaluation
 * @param nfe network evaluations really made, once known
 * @param scores Fréchet distances by extractor name
 * @param task key of its evaluation
 */
public record BaseView(
    int samplingSteps,
    TaskState state,
    Optional<Integer> nfe,
    Map<String, Double> scores,
    String task) {
  public BaseView {
    scores = Map.copyOf(scores);
  }
}
