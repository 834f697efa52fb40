package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

/**
 * The base model alone, scored at some number of sampling steps.
 *
 * @param samplingSteps sampling steps asked for
 * @param taskKey the EVALUATE task
 */
public record BaseEvaluation(int samplingSteps, String taskKey) {
  public BaseEvaluation {
    requireNonNull(taskKey, "taskKey");
  }
}
