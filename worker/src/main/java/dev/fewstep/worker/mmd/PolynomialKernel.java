package dev.fewstep.worker.mmd;

import ai.djl.ndarray.NDArray;

/**
 * (x·y/D + 1)^degree (MMD-DDM, losses.py:26-53).
 *
 * @param degree 1 to 10
 */
public record PolynomialKernel(int degree) implements Kernel {
  /** Checks. */
  public PolynomialKernel {
    if (degree < 1 || degree > 10) {
      throw new IllegalArgumentException("The degree must be 1 to 10 but is " + degree);
    }
  }

  @Override
  public NDArray values(NDArray x, NDArray y) {
    return base(x, y).pow(degree);
  }

  @Override
  public NDArray derivative(NDArray x, NDArray y, NDArray weights) {
    double gamma = 1.0 / x.getShape().get(1);
    NDArray slopes = degree == 1 ? weights : base(x, y).pow(degree - 1).mul(weights);
    return slopes.matMul(y).mul(degree * gamma);
  }

  private static NDArray base(NDArray x, NDArray y) {
    return x.matMul(y.transpose()).div((double) x.getShape().get(1)).add(1.0);
  }
}
