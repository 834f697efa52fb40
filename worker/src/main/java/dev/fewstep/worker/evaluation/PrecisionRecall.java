package dev.fewstep.worker.evaluation;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import dev.fewstep.worker.tensor.Autograd;

/**
 * Improved precision and recall (Kynkäänniemi et al. 2019): a vector counts when it lies within the
 * k-th nearest neighbour's distance of any vector of the other set.
 *
 * @param precision share of generated images that look real, 0 to 1
 * @param recall share of real images that the generator reaches, 0 to 1
 */
public record PrecisionRecall(double precision, double recall) {
  /** Neighbours in the published protocol. */
  public static final int NEIGHBOURS = 3;

  private static final long CHUNK = 1024;

  /**
   * Computes both, in float64.
   *
   * @param real (M, D), M above k
   * @param generated (N, D), N above k
   * @param k neighbours, at least 1
   */
  public static PrecisionRecall between(NDArray real, NDArray generated, int k) {
    require(
        k >= 1 && real.getShape().get(0) > k && generated.getShape().get(0) > k,
        "%s neighbours need more than %s vectors a side",
        k,
        k);
    require(
        real.getShape().get(1) == generated.getShape().get(1),
        "real features have %s dimensions, generated ones %s",
        real.getShape().get(1),
        generated.getShape().get(1));
    return Autograd.off(
        () -> {
          try (NDManager step = real.getManager().newSubManager()) {
            NDArray x = real.toType(DataType.FLOAT64, true);
            NDArray y = generated.toType(DataType.FLOAT64, true);
            x.attach(step);
            y.attach(step);
            return new PrecisionRecall(covered(y, x, radii(x, k)), covered(x, y, radii(y, k)));
          }
        });
  }

  /** Squared distance from each row to its k-th nearest other row. */
  private static double[] radii(NDArray x, int k) {
    int n = (int) x.getShape().get(0);
    double[] radii = new double[n];
    for (long from = 0; from < n; from += CHUNK) {
      try (NDManager step = x.getManager().newSubManager()) {
        NDArray sorted = distances(step, x, from, x).sort(1);
        // Column 0 is the row itself.
        NDArray kth = sorted.get(new NDIndex(":, {}", k));
        double[] values = kth.toDoubleArray();
        System.arraycopy(values, 0, radii, (int) from, values.length);
      }
    }
    return radii;
  }

  /** Share of rows of {@code points} inside a radius of any row of {@code centres}. */
  private static double covered(NDArray points, NDArray centres, double[] radii) {
    long n = points.getShape().get(0);
    long inside = 0;
    for (long from = 0; from < n; from += CHUNK) {
      try (NDManager step = points.getManager().newSubManager()) {
        NDArray within = distances(step, points, from, centres).lte(step.create(radii));
        inside += within.toType(DataType.INT64, true).max(new int[] {1}).sum().toLongArray()[0];
      }
    }
    return (double) inside / n;
  }

  /** Squared distances of up to CHUNK rows of x to all of y, clipped at 0. */
  private static NDArray distances(NDManager step, NDArray x, long from, NDArray y) {
    long to = Math.min(x.getShape().get(0), from + CHUNK);
    NDArray a = x.get(new NDIndex().addSliceDim(from, to));
    a.attach(step);
    NDArray b = y.duplicate();
    b.attach(step);
    NDArray squaresA = a.mul(a).sum(new int[] {1}, true);
    NDArray squaresB = b.mul(b).sum(new int[] {1}, true).transpose();
    return a.matMul(b.transpose()).muli(-2).addi(squaresA).addi(squaresB).maximum(0);
  }
}
