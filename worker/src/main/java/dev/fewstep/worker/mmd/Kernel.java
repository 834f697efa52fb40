package dev.fewstep.worker.mmd;

import ai.djl.ndarray.NDArray;

/**
 * A positive definite kernel on feature vectors; D is their dimension. Values have the floating
 * type of the vectors.
 */
public sealed interface Kernel permits PolynomialKernel, RbfKernel, RationalQuadraticKernel {
  /**
   * All pairs.
   *
   * @param x (m, D)
   * @param y (n, D)
   * @return (m, n): k(x_i, y_j)
   */
  NDArray values(NDArray x, NDArray y);

  /**
   * The weighted sum of derivatives by the first argument.
   *
   * @param x (m, D)
   * @param y (n, D)
   * @param weights (m, n)
   * @return (m, D): Σ_j weights_ij ∂k(x_i, y_j)/∂x_i
   */
  NDArray derivative(NDArray x, NDArray y, NDArray weights);

  /**
   * Whether the kernel takes something from data and has not been decided.
   *
   * @return false when it can be evaluated
   */
  default boolean takesFromData() {
    return false;
  }

  /**
   * The kernel with everything that it takes from data decided. A kernel must be decided before it
   * is evaluated; one that takes nothing from data is decided already.
   *
   * @param real real features (n, D), n at least 2; no gradient passes through them
   * @return a kernel that never looks at data again
   * @throws IllegalArgumentException when the data decide nothing
   */
  Kernel decided(NDArray real);

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
    return new RbfKernel(Bandwidth.ofDimension());
  }
}
