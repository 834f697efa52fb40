package dev.fewstep.worker.mmd;

import ai.djl.ndarray.NDArray;
import java.util.OptionalDouble;

/** A positive definite kernel on feature vectors; D is their dimension. */
public sealed interface Kernel permits PolynomialKernel, RbfKernel {
  /**
   * All pairs.
   *
   * @param x float64 (m, D)
   * @param y float64 (n, D)
   * @return float64 (m, n): k(x_i, y_j)
   */
  NDArray values(NDArray x, NDArray y);

  /**
   * The weighted sum of derivatives by the first argument.
   *
   * @param x float64 (m, D)
   * @param y float64 (n, D)
   * @param weights float64 (m, n)
   * @return float64 (m, D): Σ_j weights_ij ∂k(x_i, y_j)/∂x_i
   */
  NDArray derivative(NDArray x, NDArray y, NDArray weights);

  /**
   * The kernel of every published training: (x·y/D + 1)³.
   *
   * @return the kernel
   */
  static Kernel cubic() {
    return new PolynomialKernel(3);
  }

  /**
   * x·y/D + 1.
   *
   * @return the kernel
   */
  static Kernel linear() {
    return new PolynomialKernel(1);
  }

  /**
   * exp(-|x-y|²/D).
   *
   * @return the kernel
   */
  static Kernel rbf() {
    return new RbfKernel(OptionalDouble.empty());
  }
}
