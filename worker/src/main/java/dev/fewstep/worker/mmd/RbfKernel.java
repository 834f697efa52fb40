package dev.fewstep.worker.mmd;

import ai.djl.ndarray.NDArray;
import dev.fewstep.worker.tensor.Tensors;
import java.util.List;

/**
 * The mean over factors f of exp(-gamma |x-y|² / f²) (MMD-DDM, losses.py:56-83, with gamma 1/D and
 * the one factor 1).
 *
 * @param bandwidth gamma
 * @param factors of the width, above 0, at least one
 */
public record RbfKernel(Bandwidth bandwidth, List<Double> factors) implements Kernel {
  /** Checks. */
  public RbfKernel {
    factors = List.copyOf(factors);
    if (factors.isEmpty() || factors.stream().anyMatch(factor -> !(factor > 0))) {
      throw new IllegalArgumentException("The widths must be positive but are " + factors);
    }
  }

  /**
   * exp(-gamma |x-y|²).
   *
   * @param bandwidth gamma
   */
  public RbfKernel(Bandwidth bandwidth) {
    this(bandwidth, List.of(1.0));
  }

  @Override
  public NDArray values(NDArray x, NDArray y) {
    NDArray squares = Squares.of(x, y);
    NDArray sum = part(squares, x, factors.get(0));
    for (double factor : factors.subList(1, factors.size())) {
      sum.addi(part(squares, x, factor));
    }
    return factors.size() == 1 ? sum : Tensors.div(sum, (double) factors.size());
  }

  @Override
  public NDArray derivative(NDArray x, NDArray y, NDArray weights) {
    NDArray squares = Squares.of(x, y);
    NDArray slopes = slope(squares, x, factors.get(0));
    for (double factor : factors.subList(1, factors.size())) {
      slopes.addi(slope(squares, x, factor));
    }
    return Squares.pull(slopes.mul(weights), x, y);
  }

  @Override
  public boolean takesFromData() {
    return bandwidth.rule() == Bandwidth.Rule.MEDIAN;
  }

  @Override
  public Kernel decided(NDArray real) {
    return new RbfKernel(bandwidth.decided(real), factors);
  }

  private NDArray part(NDArray squares, NDArray x, double factor) {
    return Tensors.mul(squares, -scale(x, factor)).exp();
  }

  private NDArray slope(NDArray squares, NDArray x, double factor) {
    return Tensors.mul(part(squares, x, factor), -scale(x, factor) / factors.size());
  }

  private double scale(NDArray x, double factor) {
    return bandwidth.gamma(x.getShape().get(1)) / (factor * factor);
  }
}
