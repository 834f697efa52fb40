package dev.fewstep.worker.evaluation;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.Tensors;

/**
 * Which vectors of one set lie in the balls around those of another: what precision, recall,
 * density and coverage are shares of. A ball reaches to its centre's k-th nearest neighbour in the
 * centre's own set. Distances are made in blocks, so that 50,000 x 50,000 of them are never in
 * memory.
 */
final class Neighbours {
  private static final int CHUNK = 1024;

  private Neighbours() {}

  /**
   * Squared distance from each row to its k-th nearest other row.
   *
   * @param k at least 1, less than x.count()
   */
  static double[] radii(NDManager manager, FeatureRows x, int k) {
    require(
        k >= 1 && x.count() > k,
        "%s neighbours need more than %s vectors, not %s",
        k,
        k,
        x.count());
    int n = x.count();
    double[] radii = new double[n];
    Autograd.silently(
        () -> {
          for (int from = 0; from < n; from += CHUNK) {
            try (NDManager outer = manager.newSubManager()) {
              NDArray a = x.block(outer, from, end(x, from));
              // The nearest of all is the row itself.
              NDArray nearest = null;
              for (int j = 0; j < n; j += CHUNK) {
                nearest = nearer(outer, nearest, a, x, j, k + 1);
              }
              double[] values = nearest.get(new NDIndex(":, {}", k)).toDoubleArray();
              System.arraycopy(values, 0, radii, from, values.length);
            }
          }
        });
    return radii;
  }

  /** The k least distances so far, ascending in each row. */
  private static NDArray nearer(
      NDManager outer, NDArray before, NDArray a, FeatureRows x, int from, int k) {
    try (NDManager step = outer.newSubManager()) {
      NDArray distances = distances(step, a, x.block(step, from, end(x, from)));
      NDArray all = before == null ? distances : before.concat(distances, 1);
      all.attach(step);
      int kept = (int) Math.min(k, all.getShape().get(1));
      NDList least = all.topK(kept, 1, false, true);
      least.attach(step);
      NDArray nearest = least.get(0);
      nearest.attach(outer);
      if (before != null) {
        before.close();
      }
      return nearest;
    }
  }

  /**
   * In how many balls each point lies.
   *
   * @param radii squared, one for each centre
   * @param closed whether a ball's surface belongs to it
   * @return one count for each point
   */
  static int[] ballsOf(
      NDManager manager, FeatureRows points, FeatureRows centres, double[] radii, boolean closed) {
    int[] counts = new int[points.count()];
    Autograd.silently(
        () -> {
          for (int i = 0; i < points.count(); i += CHUNK) {
            try (NDManager outer = manager.newSubManager()) {
              NDArray a = points.block(outer, i, end(points, i));
              for (int j = 0; j < centres.count(); j += CHUNK) {
                try (NDManager step = outer.newSubManager()) {
                  int to = end(centres, j);
                  NDArray distances = distances(step, a, centres.block(step, j, to));
                  NDArray reach = Tensors.of(step, java.util.Arrays.copyOfRange(radii, j, to));
                  NDArray within = closed ? distances.lte(reach) : distances.lt(reach);
                  within.attach(step);
                  NDArray sums = within.toType(DataType.INT64, true).sum(new int[] {1});
                  sums.attach(step);
                  long[] found = sums.toLongArray();
                  for (int r = 0; r < found.length; r++) {
                    counts[i + r] += (int) found[r];
                  }
                }
              }
            }
          }
        });
    return counts;
  }

  /**
   * Whether the ball of each centre holds any point, its surface left out.
   *
   * @param radii squared, one for each centre
   */
  static boolean[] occupied(
      NDManager manager, FeatureRows centres, double[] radii, FeatureRows points) {
    boolean[] occupied = new boolean[centres.count()];
    Autograd.silently(
        () -> {
          for (int i = 0; i < centres.count(); i += CHUNK) {
            try (NDManager outer = manager.newSubManager()) {
              NDArray a = centres.block(outer, i, end(centres, i));
              for (int j = 0; j < points.count(); j += CHUNK) {
                try (NDManager step = outer.newSubManager()) {
                  NDArray least =
                      distances(step, a, points.block(step, j, end(points, j))).min(new int[] {1});
                  least.attach(step);
                  double[] values = least.toDoubleArray();
                  for (int r = 0; r < values.length; r++) {
                    occupied[i + r] |= values[r] < radii[i + r];
                  }
                }
              }
            }
          }
        });
    return occupied;
  }

  /** Squared distances of all rows of a to all of b, clipped at 0. */
  private static NDArray distances(NDManager step, NDArray a, NDArray b) {
    try (NDManager scope = step.newSubManager()) {
      NDArray squaresA = a.mul(a);
      squaresA.attach(scope);
      NDArray squaresB = b.mul(b);
      squaresB.attach(scope);
      NDArray sumsA = squaresA.sum(new int[] {1}, true);
      sumsA.attach(scope);
      NDArray sumsB = squaresB.sum(new int[] {1}, true).transpose();
      sumsB.attach(scope);
      NDArray products = a.matMul(b.transpose());
      products.attach(scope);
      NDArray distances = Tensors.maximum(Tensors.muli(products, -2).addi(sumsA).addi(sumsB), 0);
      distances.attach(step);
      return distances;
    }
  }

  private static int end(FeatureRows rows, int from) {
    return Math.min(rows.count(), from + CHUNK);
  }
}
