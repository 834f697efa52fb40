package dev.fewstep.worker.mmd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.Tensors;

/**
 * The squared MMD between generated and real features with its gradient in closed form. No gradient
 * passes to the real features.
 *
 * @param kernel the kernel
 * @param estimator the estimator
 * @param precision FLOAT64, or FLOAT32 as some published trainings
 */
public record MmdLoss(Kernel kernel, MmdEstimator estimator, DataType precision) {
  /** Checks. */
  public MmdLoss {
    if (precision != DataType.FLOAT64 && precision != DataType.FLOAT32) {
      throw new IllegalArgumentException(
          "The precision must be FLOAT64 or FLOAT32 but is " + precision);
    }
  }

  /**
   * In double precision.
   *
   * @param kernel the kernel
   * @param estimator the estimator
   */
  public MmdLoss(Kernel kernel, MmdEstimator estimator) {
    this(kernel, estimator, DataType.FLOAT64);
  }

  /**
   * The same with a kernel that has taken what it needs from real features.
   *
   * @param real (n, D)
   * @return a loss that can be evaluated
   */
  public MmdLoss decided(NDArray real) {
    return new MmdLoss(kernel.decided(real), estimator, precision);
  }

  /**
   * The value and the gradient by the generated features.
   *
   * @param value the squared MMD
   * @param gradient float32 (m, D), owned by the generated features' manager
   */
  public record Result(double value, NDArray gradient) {}

  /**
   * Evaluates; everything is computed in the loss's precision.
   *
   * @param generated (m, D), m at least 2 for the unbiased estimator
   * @param real (n, D), likewise
   * @return value and gradient
   * @throws IllegalArgumentException when shapes do not fit
   */
  public Result evaluate(NDArray generated, NDArray real) {
    check(generated, real);
    return Autograd.off(
        () -> {
          try (NDManager scope = generated.getManager().newSubManager()) {
            NDArray x = typed(generated, scope);
            NDArray y = typed(real, scope);
            Terms terms = terms(x, y);
            NDArray gradient =
                kernel
                    .derivative(x, x, Tensors.mul(terms.withinWeights(), 2.0))
                    .add(kernel.derivative(x, y, terms.crossWeights()))
                    .toType(DataType.FLOAT32, true);
            gradient.attach(generated.getManager());
            return new Result(terms.value(), gradient);
          }
        });
  }

  /**
   * The value alone.
   *
   * @param generated as for {@link #evaluate}
   * @param real as for {@link #evaluate}
   * @return the squared MMD
   */
  public double value(NDArray generated, NDArray real) {
    check(generated, real);
    return Autograd.off(
        () -> {
          try (NDManager scope = generated.getManager().newSubManager()) {
            return terms(typed(generated, scope), typed(real, scope)).value();
          }
        });
  }

  /** The value, and the weight that each kernel value has in it. */
  private record Terms(double value, NDArray withinWeights, NDArray crossWeights) {}

  private Terms terms(NDArray x, NDArray y) {
    NDArray withinX = weights(x);
    NDArray withinY = weights(y);
    double m = x.getShape().get(0);
    double n = y.getShape().get(0);
    NDManager scope = x.getManager();
    NDArray cross = scope.ones(new Shape((long) m, (long) n), precision);
    Tensors.muli(cross, -2 / (m * n));
    double value =
        total(kernel.values(x, x).mul(withinX))
            + total(kernel.values(y, y).mul(withinY))
            + total(kernel.values(x, y).mul(cross));
    return new Terms(value, withinX, cross);
  }

  private static double total(NDArray values) {
    NDArray sum = values.sum();
    return sum.getDataType() == DataType.FLOAT64 ? sum.getDouble() : sum.getFloat();
  }

  private NDArray weights(NDArray x) {
    int count = (int) x.getShape().get(0);
    NDManager scope = x.getManager();
    NDArray ones = scope.ones(new Shape(count, count), precision);
    if (estimator == MmdEstimator.BIASED) {
      return Tensors.div(ones, (double) count * count);
    }
    return Tensors.div(
        ones.sub(scope.eye(count, count, 0, precision)), (double) count * (count - 1));
  }

  private NDArray typed(NDArray features, NDManager scope) {
    // DJL's toType gives the very array back when it has the type already.
    NDArray values =
        features.getDataType() == precision
            ? features.duplicate()
            : features.toType(precision, true);
    values.attach(scope);
    return values;
  }

  private void check(NDArray generated, NDArray real) {
    boolean fits =
        generated.getShape().dimension() == 2
            && real.getShape().dimension() == 2
            && generated.getShape().get(1) == real.getShape().get(1);
    if (!fits) {
      throw new IllegalArgumentException(
          "Features must be (m, D) and (n, D) but are "
              + generated.getShape()
              + " and "
              + real.getShape());
    }
    long least = estimator == MmdEstimator.UNBIASED ? 2 : 1;
    if (generated.getShape().get(0) < least || real.getShape().get(0) < least) {
      throw new IllegalArgumentException(
          "The " + estimator + " estimator needs at least " + least + " vectors on either side");
    }
  }
}
