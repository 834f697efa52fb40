package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import java.util.Optional;

/**
 * The loss of an MMD finetune.
 *
 * @param kernel kernel of the MMD, default cubic
 * @param gamma scale of the RBF kernel; 1/D when absent
 * @param extractor imported feature extractor, {@code NAME} or {@code NAME/MODE}
 * @param mmdBatch images on either side of the estimator, at least 2
 * @param microBatch images sampled and replayed at once, 1 to mmdBatch; default mmdBatch
 */
public record LossSpec(
    KernelKind kernel,
    Optional<Double> gamma,
    String extractor,
    Integer mmdBatch,
    Integer microBatch) {
  public LossSpec {
    kernel = requireNonNullElse(kernel, KernelKind.CUBIC);
    gamma = gamma == null ? Optional.empty() : gamma;
    requireNonNull(extractor, "loss.extractor is required");
    mmdBatch = requireNonNullElse(mmdBatch, 64);
    microBatch = requireNonNullElse(microBatch, mmdBatch);
    require(mmdBatch >= 2, "mmdBatch must be at least 2, not %s", mmdBatch);
    require(
        microBatch >= 1 && microBatch <= mmdBatch,
        "microBatch must be 1 to mmdBatch (%s), not %s",
        mmdBatch,
        microBatch);
    gamma.ifPresent(value -> require(value > 0, "gamma must be positive, not %s", value));
  }
}
