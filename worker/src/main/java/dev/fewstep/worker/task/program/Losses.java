package dev.fewstep.worker.task.program;

import ai.djl.ndarray.types.DataType;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.spec.BandwidthRule;
import dev.fewstep.schemas.spec.EstimatorKind;
import dev.fewstep.schemas.spec.KernelPrecision;
import dev.fewstep.schemas.task.MmdLossTask;
import dev.fewstep.worker.mmd.Bandwidth;
import dev.fewstep.worker.mmd.Kernel;
import dev.fewstep.worker.mmd.MmdEstimator;
import dev.fewstep.worker.mmd.MmdLoss;
import dev.fewstep.worker.mmd.PolynomialKernel;
import dev.fewstep.worker.mmd.RationalQuadraticKernel;
import dev.fewstep.worker.mmd.RbfKernel;
import java.util.List;
import java.util.OptionalDouble;

/** How the specification of a loss becomes the loss. */
final class Losses {
  private Losses() {}

  /**
   * The loss of each trained space.
   *
   * @throws TaskFailure when its numbers make none
   */
  static MmdLoss of(MmdLossTask loss) {
    try {
      return new MmdLoss(
          kernel(loss),
          loss.estimator() == EstimatorKind.BIASED ? MmdEstimator.BIASED : MmdEstimator.UNBIASED,
          loss.precision() == KernelPrecision.FLOAT32 ? DataType.FLOAT32 : DataType.FLOAT64);
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(FailureCode.INVALID_SPEC, e.getMessage() + ".", e);
    }
  }

  private static Kernel kernel(MmdLossTask loss) {
    return switch (loss.kernel()) {
      case CUBIC -> Kernel.cubic();
      case LINEAR -> Kernel.linear();
      case POLYNOMIAL ->
          new PolynomialKernel(
              loss.degree(),
              loss.gamma().map(OptionalDouble::of).orElseGet(OptionalDouble::empty),
              loss.coef0());
      case RBF -> rbf(loss);
      case RATIONAL_QUADRATIC ->
          new RationalQuadraticKernel(
              bandwidth(loss),
              loss.alphas().isEmpty() ? RationalQuadraticKernel.USUAL : loss.alphas());
    };
  }

  private static Kernel rbf(MmdLossTask loss) {
    if (loss.bandwidths().isEmpty()) {
      return new RbfKernel(bandwidth(loss));
    }
    // Listed widths are sigmas themselves, or factors of the median.
    return new RbfKernel(
        loss.bandwidth() == BandwidthRule.MEDIAN ? Bandwidth.ofMedian() : Bandwidth.ofSigma(1),
        List.copyOf(loss.bandwidths()));
  }

  private static Bandwidth bandwidth(MmdLossTask loss) {
    if (loss.bandwidth() == BandwidthRule.MEDIAN) {
      return Bandwidth.ofMedian();
    }
    return loss.sigma()
        .map(Bandwidth::ofSigma)
        .or(() -> loss.gamma().map(Bandwidth::ofGamma))
        .orElseGet(Bandwidth::ofDimension);
  }
}
