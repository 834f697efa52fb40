package dev.fewstep.worker.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/** Operations on all tensors of a network at once, mostly in place and never recorded. */
public final class TensorLists {
  private TensorLists() {}

  /**
   * The L2 norm over all elements of all tensors.
   *
   * @param manager owner of the result
   * @param tensors at least one
   * @return scalar
   */
  public static NDArray globalNorm(NDManager manager, List<NDArray> tensors) {
    return AtenOps.OPS.tensor(manager, "global_norm", tensors);
  }

  /**
   * Multiplies tensors in place.
   *
   * @param tensors at least one, changed; none may be on a graph
   * @param factor the multiplier
   */
  public static void scaleInPlace(List<NDArray> tensors, double factor) {
    AtenOps.OPS.tensor(tensors.get(0).getManager(), "scale", tensors, factor).close();
  }

  /**
   * Moves averages towards values in place: average += weight (value - average).
   *
   * @param averages changed
   * @param values of the same number and shapes
   * @param weight in [0, 1]
   */
  public static void moveTowards(List<NDArray> averages, List<NDArray> values, double weight) {
    Autograd.silently(
        () ->
            AtenOps.OPS
                .tensor(averages.get(0).getManager(), "ema", averages, values, weight)
                .close());
  }

  /**
   * Adds values to sums in place, pair by pair.
   *
   * @param sums changed
   * @param values of the same number and shapes
   */
  public static void addInPlace(List<NDArray> sums, List<NDArray> values) {
    Autograd.silently(
        () -> AtenOps.OPS.tensor(sums.get(0).getManager(), "add_lists", sums, values).close());
  }

  /**
   * Copies values into tensors in place, pair by pair.
   *
   * @param targets changed
   * @param values of the same number and shapes
   */
  public static void assign(List<NDArray> targets, List<NDArray> values) {
    Autograd.silently(
        () -> AtenOps.OPS.tensor(targets.get(0).getManager(), "assign", targets, values).close());
  }

  /**
   * One Adam update in place, with torch's formula: w -= lr / c1 * m / (sqrt(v) / sqrt(c2) + eps),
   * where m and v are the moving averages of g and g² and c the bias corrections 1 - beta^t.
   *
   * @param state parameters, gradients, first and second moments, of the same number and shapes;
   *     all but the gradients are changed
   * @param rate learning rate
   * @param beta1 decay of the first moment
   * @param beta2 decay of the second moment
   * @param eps added to the denominator
   * @param t number of this update, from 1
   */
  public static void adam(
      AdamState state, double rate, double beta1, double beta2, double eps, long t) {
    double c1 = 1 - Math.pow(beta1, (double) t);
    double rootC2 = Math.sqrt(1 - Math.pow(beta2, (double) t));
    Autograd.silently(
        () ->
            AtenOps.OPS
                .tensor(
                    state.parameters().get(0).getManager(),
                    "adam",
                    state.parameters(),
                    state.gradients(),
                    state.first(),
                    state.second(),
                    rate,
                    beta1,
                    beta2,
                    eps,
                    c1,
                    rootC2)
                .close());
  }

  /**
   * The tensors of an Adam update.
   *
   * @param parameters w
   * @param gradients g
   * @param first m
   * @param second v
   */
  public record AdamState(
      List<NDArray> parameters,
      List<NDArray> gradients,
      List<NDArray> first,
      List<NDArray> second) {}
}
