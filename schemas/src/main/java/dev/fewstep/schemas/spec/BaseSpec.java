package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

/** The configuration that every trial starts from; any of its fields may be an axis of the grid. */
public record BaseSpec(
    DataSpec data, ModelSpec model, SamplingSpec sampling, LossSpec loss, TrainingSpec training) {
  public BaseSpec {
    requireNonNull(data, "base.data is required");
    requireNonNull(model, "base.model is required");
    sampling = requireNonNullElse(sampling, new SamplingSpec(null, null, null));
    requireNonNull(loss, "base.loss is required");
    training = requireNonNullElse(training, TrainingSpec.defaults());
    require(
        training.parity() == ParityKind.NONE || sampling.spacing() == TimestepSpacing.PUBLISHED,
        "spacing must be published with parity: published, not uniform or quadratic");
    require(
        training.parity() == ParityKind.NONE || loss.estimator() == EstimatorKind.UNBIASED,
        "estimator must be unbiased with parity: published");
  }
}
