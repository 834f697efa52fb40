package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNullElse;

import java.util.List;
import java.util.Optional;

/**
 * The loss of an MMD finetune. What a kernel does not use has no effect on it, so that a grid may
 * have the kernel as an axis.
 *
 * @param kernel kernel of the MMD, default cubic
 * @param gamma scale of the rbf, rational-quadratic and polynomial kernels; 1/D when absent
 * @param sigma width of a radial kernel, gamma = 1/(2 sigma²)
 * @param bandwidth where a radial kernel's width comes from, default fixed
 * @param bandwidths widths of a mixture of rbf kernels: sigmas, or factors of the median
 * @param alphas shapes of a rational-quadratic mixture; 0.2, 0.5, 1, 2, 5 when empty
 * @param degree degree of the polynomial kernel, at least 1
 * @param coef0 constant of the polynomial kernel, at least 0
 * @param estimator unbiased or biased
 * @param precision type in which kernels are computed
 * @param extractor imported feature extractor, {@code NAME} or {@code NAME/MODE}
 * @param extractors several of them with weights, instead of one
 * @param mmdBatch images on either side of the estimator, at least 2
 * @param microBatch images sampled and replayed at once, 1 to mmdBatch; default mmdBatch
 */
public record LossSpec(
    KernelKind kernel,
    Optional<Double> gamma,
    Optional<Double> sigma,
    BandwidthRule bandwidth,
    List<Double> bandwidths,
    List<Double> alphas,
    Integer degree,
    Double coef0,
    EstimatorKind estimator,
    KernelPrecision precision,
    Optional<String> extractor,
    List<WeightedExtractor> extractors,
    Integer mmdBatch,
    Integer microBatch) {
  public LossSpec {
    kernel = requireNonNullElse(kernel, KernelKind.CUBIC);
    gamma = gamma == null ? Optional.empty() : gamma;
    sigma = sigma == null ? Optional.empty() : sigma;
    bandwidth = requireNonNullElse(bandwidth, BandwidthRule.FIXED);
    bandwidths = List.copyOf(requireNonNullElse(bandwidths, List.of()));
    alphas = List.copyOf(requireNonNullElse(alphas, List.of()));
    degree = requireNonNullElse(degree, 3);
    coef0 = requireNonNullElse(coef0, 1.0);
    estimator = requireNonNullElse(estimator, EstimatorKind.UNBIASED);
    precision = requireNonNullElse(precision, KernelPrecision.FLOAT64);
    extractor = extractor == null ? Optional.empty() : extractor;
    extractors = List.copyOf(requireNonNullElse(extractors, List.of()));
    mmdBatch = requireNonNullElse(mmdBatch, 64);
    microBatch = requireNonNullElse(microBatch, mmdBatch);
    require(mmdBatch >= 2, "mmdBatch must be at least 2, not %s", mmdBatch);
    require(
        microBatch >= 1 && microBatch <= mmdBatch,
        "microBatch must be 1 to mmdBatch (%s), not %s",
        mmdBatch,
        microBatch);
    gamma.ifPresent(value -> require(value > 0, "gamma must be positive, not %s", value));
    sigma.ifPresent(value -> require(value > 0, "sigma must be positive, not %s", value));
    for (double width : bandwidths) {
      require(width > 0, "bandwidths must be positive, not %s", width);
    }
    for (double alpha : alphas) {
      require(alpha > 0, "alphas must be positive, not %s", alpha);
    }
    require(degree >= 1, "degree must be at least 1, not %s", degree);
    require(coef0 >= 0, "coef0 must not be negative, not %s", coef0);
    require(
        gamma.isEmpty() || sigma.isEmpty(), "gamma and sigma say the same twice: give one of them");
    boolean width = gamma.isPresent() || sigma.isPresent();
    require(
        bandwidth == BandwidthRule.FIXED || !width,
        "bandwidth: median finds the width itself: leave gamma and sigma out");
    require(
        bandwidths.isEmpty() || !width,
        "bandwidths are the sigmas of a mixture: leave gamma and sigma out");
    require(
        extractor.isPresent() != !extractors.isEmpty(),
        "loss.extractor is required, or several in loss.extractors, but not both");
    long different = extractors.stream().map(WeightedExtractor::extractor).distinct().count();
    require(different == extractors.size(), "extractors must differ: %s", extractors);
  }

  /** The feature spaces that are trained in, in the order written; at least one. */
  public List<WeightedExtractor> trained() {
    return extractor.map(name -> List.of(new WeightedExtractor(name, 1.0))).orElse(extractors);
  }
}
