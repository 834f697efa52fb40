package dev.fewstep.orchestrator.view;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.experiment.TrialStanding;
import dev.fewstep.schemas.state.TaskResult;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of a trial.
 *
 * @param index its index
 * @param values its values by axis
 * @param seed its seed
 * @param standing where it stands
 * @param settings its sampling and loss
 * @param finetune the result of its finetune
 * @param evaluate the result of the evaluation of the finetuned weights
 * @param baseline the result of the evaluation of the base weights
 * @param training numbers of its training by the names of a result: of the result, or of a finetune
 *     that runs as far as it has come
 */
record TrialRow(
    int index,
    Map<String, JsonNode> values,
    long seed,
    TrialStanding standing,
    GridFacts.Settings settings,
    Optional<TaskResult> finetune,
    Optional<TaskResult> evaluate,
    Optional<TaskResult> baseline,
    Map<String, Double> training) {

  /** Seconds of finetune and evaluation, once both have results. */
  Optional<Double> seconds() {
    return finetune.isPresent() && evaluate.isPresent()
        ? Optional.of(finetune.get().seconds() + evaluate.get().seconds())
        : Optional.empty();
  }

  /** Seconds of all of its tasks that have results. */
  Optional<Double> deviceSeconds() {
    if (finetune.isEmpty() && evaluate.isEmpty() && baseline.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(seconds(finetune) + seconds(evaluate) + seconds(baseline));
  }

  private static double seconds(Optional<TaskResult> result) {
    return result.map(TaskResult::seconds).orElse(0.0);
  }

  /** A number of its training. */
  Optional<Double> training(String name) {
    return Optional.ofNullable(training.get(name));
  }

  /** A number of a result. */
  static Optional<Double> score(Optional<TaskResult> result, String name) {
    return result.map(made -> made.scores().get(name));
  }
}
