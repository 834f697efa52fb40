package dev.fewstep.schemas.task;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.spec.KernelKind;
import java.util.Optional;

/**
 * The loss of a finetune with its extractor resolved; see {@link
 * dev.fewstep.schemas.spec.LossSpec}.
 */
public record MmdLossTask(
    KernelKind kernel, Optional<Double> gamma, FeatureSpace space, int mmdBatch, int microBatch) {
  public MmdLossTask {
    requireNonNull(kernel, "kernel");
    gamma = gamma == null ? Optional.empty() : gamma;
    requireNonNull(space, "space");
  }
}
