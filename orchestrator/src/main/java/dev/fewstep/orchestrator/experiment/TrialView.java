package dev.fewstep.orchestrator.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Ordered;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.TrialKeys;
import java.util.Map;
import java.util.Optional;

/**
 * A row of the result table.
 *
 * @param index index within the experiment, from 0
 * @param name {@code <experiment>/<index>}
 * @param values its values by axis, in the order of the axes
 * @param seed its seed
 * @param state the least advanced of its tasks' states: FAILED when one failed, SUCCEEDED when all
 *     have results
 * @param samplingSteps sampling steps asked for
 * @param nfe network evaluations really made, once known
 * @param kernel kernel of its loss as the specification writes it
 * @param extractor extractor of its loss, the first of several
 * @param scores of the finetuned weights
 * @param baseline of the base weights with the same sampling
 * @param seconds wall time of finetuning and evaluation, once both have results
 * @param tasks keys of its tasks; empty while it is not planned. Of a trial below the last rung the
 *     finetune is that of its present rung, and the others are not made
 * @param rung how far it has come, when trials are halved
 */
public record TrialView(
    int index,
    String name,
    Map<String, JsonNode> values,
    long seed,
    TaskState state,
    int samplingSteps,
    Optional<Integer> nfe,
    String kernel,
    String extractor,
    ScoresView scores,
    ScoresView baseline,
    Optional<Double> seconds,
    Optional<TrialKeys> tasks,
    Optional<RungView> rung) {
  public TrialView {
    values = Ordered.copyOf(values);
  }

  /** Whether it was trained less far than others and is left there. */
  public boolean stopped() {
    return rung.map(at -> at.standing() == RungView.Standing.STOPPED).orElse(false);
  }

  /** Whether only the finetune of its present rung is made so far. */
  public boolean below() {
    return rung.map(at -> at.standing() != RungView.Standing.LAST).orElse(false);
  }
}
