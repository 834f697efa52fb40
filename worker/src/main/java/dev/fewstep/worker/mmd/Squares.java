package dev.fewstep.worker.mmd;

import ai.djl.ndarray.NDArray;
import dev.fewstep.worker.tensor.Tensors;

/** Squared distances of all pairs, and what kernels of them have in common. */
final class Squares {
  private static final int[] ROW = {1};

  private Squares() {}

  /** |x_i - y_j|², (m, n), never below 0. */
  static NDArray of(NDArray x, NDArray y) {
    NDArray sums = x.square().sum(ROW, true).add(y.square().sum(ROW, true).transpose());
    return Tensors.maximum(sums.sub(Tensors.mul(x.matMul(y.transpose()), 2.0)), 0.0);
  }

  /**
   * The derivative of a function of the squares.
   *
   * @param slopes (m, n): its derivative by the squares
   * @return (m, D): Σ_j slopes_ij 2 (x_i - y_j)
   */
  static NDArray pull(NDArray slopes, NDArray x, NDArray y) {
    return Tensors.mul(x.mul(slopes.sum(ROW, true)).sub(slopes.matMul(y)), 2.0);
  }
}
