package dev.fewstep.schemas.task;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import dev.fewstep.schemas.spec.BandwidthRule;
import dev.fewstep.schemas.spec.EstimatorKind;
import dev.fewstep.schemas.spec.KernelKind;
import dev.fewstep.schemas.spec.KernelPrecision;
import dev.fewstep.schemas.spec.LossSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The loss of a finetune with its extractors resolved; see {@link LossSpec}.
 *
 * @param space the first feature space
 * @param weight factor of its MMD
 * @param further the other spaces that the loss is summed over
 */
public record MmdLossTask(
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
    FeatureSpace space,
    Double weight,
    List<WeightedSpace> further,
    int mmdBatch,
    int microBatch) {
  public MmdLossTask {
    requireNonNull(kernel, "kernel");
    gamma = gamma == null ? Optional.empty() : gamma;
    sigma = sigma == null ? Optional.empty() : sigma;
    bandwidth = requireNonNullElse(bandwidth, BandwidthRule.FIXED);
    bandwidths = List.copyOf(requireNonNullElse(bandwidths, List.of()));
    alphas = List.copyOf(requireNonNullElse(alphas, List.of()));
    degree = requireNonNullElse(degree, 3);
    coef0 = requireNonNullElse(coef0, 1.0);
    estimator = requireNonNullElse(estimator, EstimatorKind.UNBIASED);
    precision = requireNonNullElse(precision, KernelPrecision.FLOAT64);
    requireNonNull(space, "space");
    weight = requireNonNullElse(weight, 1.0);
    further = List.copyOf(requireNonNullElse(further, List.of()));
  }

  /**
   * A loss in resolved spaces. What its kernel does not use is left at its default, so that a grid
   * of kernels and widths makes no task twice.
   *
   * @param loss as written
   * @param spaces the spaces of {@link LossSpec#trained}, in its order
   */
  public static MmdLossTask of(LossSpec loss, List<WeightedSpace> spaces) {
    KernelKind kernel = loss.kernel();
    boolean radial = kernel == KernelKind.RBF || kernel == KernelKind.RATIONAL_QUADRATIC;
    boolean polynomial = kernel == KernelKind.POLYNOMIAL;
    return new MmdLossTask(
        kernel,
        loss.gamma(),
        radial ? loss.sigma() : Optional.empty(),
        radial ? loss.bandwidth() : null,
        kernel == KernelKind.RBF ? loss.bandwidths() : null,
        kernel == KernelKind.RATIONAL_QUADRATIC ? loss.alphas() : null,
        polynomial ? loss.degree() : null,
        polynomial ? loss.coef0() : null,
        loss.estimator(),
        loss.precision(),
        spaces.get(0).space(),
        spaces.get(0).weight(),
        spaces.subList(1, spaces.size()),
        loss.mmdBatch(),
        loss.microBatch());
  }

  /** A loss in one space, with every further field at its default. */
  public static MmdLossTask of(
      KernelKind kernel, FeatureSpace space, int mmdBatch, int microBatch) {
    return new MmdLossTask(
        kernel,
        Optional.empty(),
        Optional.empty(),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        space,
        null,
        null,
        mmdBatch,
        microBatch);
  }

  /** Every space that is trained in, the first first. */
  public List<WeightedSpace> spaces() {
    List<WeightedSpace> spaces = new ArrayList<>();
    spaces.add(new WeightedSpace(space, weight));
    spaces.addAll(further);
    return List.copyOf(spaces);
  }
}
