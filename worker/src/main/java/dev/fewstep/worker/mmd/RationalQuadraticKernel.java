package dev.fewstep.worker.mmd;

import ai.djl.ndarray.NDArray;
import dev.fewstep.worker.tensor.Tensors;
import java.util.List;

/**
 * The mean over alphas of (1 + gamma |x-y|² / alpha)^-alpha, a mixture of RBF kernels of all widths
 * (Rasmussen and Williams 2006, eq. 4.19; Bińkowski et al. 2018, section 5, sum the alphas 0.2 to 5
 * with gamma 1/2).
 *
 * @param bandwidth gamma
 * @param alphas above 0, at least one
 */
public record RationalQuadraticKernel(Bandwidth bandwidth, List<Double> alphas) implements Kernel {
  /** The alphas of Bińkowski et al. 2018. */
  public static final List<Double> USUAL = List.of(0.2, 0.5, 1.0, 2.0, 5.0);

  /** Checks. */
  public RationalQuadraticKernel {
    alphas = List.copyOf(alphas);
    if (alphas.isEmpty() || alphas.stream().anyMatch(alpha -> !(alpha > 0))) {
      throw new IllegalArgumentException("The alphas must be positive but are " + alphas);
    }
  }

  @Override
  public NDArray values(NDArray x, NDArray y) {
    NDArray squares = scaled(x, y);
    NDArray sum = power(squares, alphas.get(0), 0);
    for (double alpha : alphas.subList(1, alphas.size())) {
      sum.addi(power(squares, alpha, 0));
    }
    return Tensors.div(sum, (double) alphas.size());
  }

  @Override
  public NDArray derivative(NDArray x, NDArray y, NDArray weights) {
    NDArray squares = scaled(x, y);
    NDArray slopes = power(squares, alphas.get(0), 1);
    for (double alpha : alphas.subList(1, alphas.size())) {
      slopes.addi(power(squares, alpha, 1));
    }
    double scale = -bandwidth.gamma(x.getShape().get(1)) / alphas.size();
    return Squares.pull(Tensors.mul(slopes, scale).mul(weights), x, y);
  }

  @Override
  public boolean takesFromData() {
    return bandwidth.rule() == Bandwidth.Rule.MEDIAN;
  }

  @Override
  public Kernel decided(NDArray real) {
    return new RationalQuadraticKernel(bandwidth.decided(real), alphas);
  }

  private NDArray scaled(NDArray x, NDArray y) {
    return Tensors.mul(Squares.of(x, y), bandwidth.gamma(x.getShape().get(1)));
  }

  /** (1 + s/alpha)^-(alpha + order). */
  private static NDArray power(NDArray squares, double alpha, int order) {
    return Tensors.pow(Tensors.add(Tensors.div(squares, alpha), 1.0), -alpha - order);
  }
}
