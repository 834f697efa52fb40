package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

/**
 * The tasks whose results make the row of a trial.
 *
 * @param finetune its FINETUNE task
 * @param evaluate the EVALUATE task of the finetuned weights
 * @param baseline the EVALUATE task of the base weights with the same sampling
 */
public record TrialKeys(String finetune, String evaluate, String baseline) {
  public TrialKeys {
    requireNonNull(finetune, "finetune");
    requireNonNull(evaluate, "evaluate");
    requireNonNull(baseline, "baseline");
  }
}
