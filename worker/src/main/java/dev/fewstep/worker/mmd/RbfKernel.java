package dev.fewstep.worker.mmd;

import ai.djl.ndarray.NDArray;
import java.util.OptionalDouble;

/**
 * exp(-gamma |x-y|²) (MMD-DDM, losses.py:56-83).
 *
 * @param gamma above 0; 1/D when absent
 */
public record RbfKernel(OptionalDouble gamma) implements Kernel {
  /** Checks. */
  public RbfKernel {
    if (gamma.isPresent() && !(gamma.getAsDouble() > 0)) {
      throw new IllegalArgumentException("gamma must be positive but is " + gamma.getAsDouble());
    }
  }

  @Override
  public NDArray values(NDArray x, NDArray y) {
    NDArray squares =
        x.square()
            .sum(new int[] {1}, true)
            .add(y.square().sum(new int[] {1}, true).transpose())
            .sub(x.matMul(y.transpose()).mul(2.0))
            .maximum(0.0);
    return squares.mul(-scale(x)).exp();
  }

  @Override
  public NDArray derivative(NDArray x, NDArray y, NDArray weights) {
    NDArray weighted = values(x, y).mul(weights);
    return weighted.matMul(y).sub(x.mul(weighted.sum(new int[] {1}, true))).mul(2 * scale(x));
  }

  private double scale(NDArray x) {
    return gamma.orElse(1.0 / x.getShape().get(1));
  }
}
