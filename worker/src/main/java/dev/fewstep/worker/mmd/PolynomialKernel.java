package dev.fewstep.worker.mmd;

import ai.djl.ndarray.NDArray;
import dev.fewstep.worker.tensor.Tensors;
import java.util.OptionalDouble;

/**
 * (gamma x·y + coef0)^degree (MMD-DDM, losses.py:26-53, with gamma 1/D and coef0 1).
 *
 * @param degree at least 1
 * @param gamma above 0; 1/D when absent
 * @param coef0 at least 0, so that the kernel is positive definite
 */
public record PolynomialKernel(int degree, OptionalDouble gamma, double coef0) implements Kernel {
  /** Checks. */
  public PolynomialKernel {
    if (degree < 1) {
      throw new IllegalArgumentException("The degree must be at least 1 but is " + degree);
    }
    if (gamma.isPresent() && !(gamma.getAsDouble() > 0)) {
      throw new IllegalArgumentException("gamma must be positive but is " + gamma.getAsDouble());
    }
    if (!(coef0 >= 0)) {
      throw new IllegalArgumentException("coef0 must not be negative but is " + coef0);
    }
  }

  /**
   * (x·y/D + 1)^degree.
   *
   * @param degree at least 1
   */
  public PolynomialKernel(int degree) {
    this(degree, OptionalDouble.empty(), 1);
  }

  @Override
  public NDArray values(NDArray x, NDArray y) {
    NDArray base = base(x, y);
    return degree == 1 ? base : Tensors.pow(base, (double) degree);
  }

  @Override
  public NDArray derivative(NDArray x, NDArray y, NDArray weights) {
    NDArray slopes = degree == 1 ? weights : Tensors.pow(base(x, y), degree - 1.0).mul(weights);
    return Tensors.mul(slopes.matMul(y), degree * scale(x));
  }

  @Override
  public Kernel decided(NDArray real) {
    return this;
  }

  private NDArray base(NDArray x, NDArray y) {
    NDArray products = x.matMul(y.transpose());
    double dimension = x.getShape().get(1);
    NDArray scaled =
        gamma.isPresent()
            ? Tensors.mul(products, gamma.getAsDouble())
            : Tensors.div(products, dimension);
    return Tensors.add(scaled, coef0);
  }

  private double scale(NDArray x) {
    return gamma.orElse(1.0 / x.getShape().get(1));
  }
}
