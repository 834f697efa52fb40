package dev.fewstep.worker.evaluation;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.StreamSeed;
import java.util.SplittableRandom;

/**
 * The unbiased MMD² with the cubic kernel (x·y/D + 1)³ in float64 (Bińkowski et al. 2018; named KID
 * with Inception features). It may be negative.
 */
public final class KernelDistance {
  /** Subsets and their size in clean-fid and torch-fidelity. */
  public static final int SUBSETS = 100;

  /** Images of a subset, see {@link #SUBSETS}. */
  public static final int SUBSET_SIZE = 1000;

  private static final int CHUNK = 1024;

  /**
   * Mean and standard deviation (divisor n) over subsets.
   *
   * @param mean the estimate
   * @param deviation spread of one subset's value
   */
  public record Estimate(double mean, double deviation) {}

  private KernelDistance() {}

  /**
   * The estimate over all pairs.
   *
   * @param real (M, D), M at least 2
   * @param generated (N, D), N at least 2
   */
  public static double unbiased(NDArray real, NDArray generated) {
    checkShapes(real, generated);
    return Autograd.off(
        () -> {
          try (NDManager step = real.getManager().newSubManager()) {
            return unbiased(step, wide(step, real), wide(step, generated));
          }
        });
  }

  /**
   * Mean over random subsets: the published protocol with 100 subsets of 1000.
   *
   * @param subsets how many, at least 1
   * @param size images of each side in a subset; neither set may have fewer
   * @param seed of the choice; the same seed chooses the same indices
   */
  public static Estimate overSubsets(
      NDArray real, NDArray generated, int subsets, int size, long seed) {
    checkShapes(real, generated);
    require(subsets >= 1 && size >= 2, "%s subsets of %s", subsets, size);
    int m = (int) real.getShape().get(0);
    int n = (int) generated.getShape().get(0);
    require(
        Math.min(m, n) >= size,
        "subsets of %s images need as many, not %s real and %s generated ones",
        size,
        m,
        n);
    double[] values = new double[subsets];
    Autograd.silently(
        () -> {
          for (int s = 0; s < subsets; s++) {
            try (NDManager step = real.getManager().newSubManager()) {
              NDArray x = rows(step, real, size, StreamSeed.of(seed, "kernel-real", s));
              NDArray y = rows(step, generated, size, StreamSeed.of(seed, "kernel-generated", s));
              values[s] = unbiased(step, x, y);
            }
          }
        });
    double mean = java.util.Arrays.stream(values).average().orElseThrow();
    double variance =
        java.util.Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    return new Estimate(mean, Math.sqrt(variance));
  }

  private static NDArray rows(NDManager step, NDArray features, int size, long seed) {
    long[] chosen = choose((int) features.getShape().get(0), size, seed);
    NDArray index = step.create(chosen);
    NDArray picked = features.get(new NDIndex("{}", index));
    picked.attach(step);
    return wide(step, picked);
  }

  /** {@code size} different indices below {@code n}: the first of a Fisher-Yates shuffle. */
  static long[] choose(int n, int size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long[] all = new long[n];
    for (int i = 0; i < n; i++) {
      all[i] = i;
    }
    for (int i = 0; i < size; i++) {
      int j = random.nextInt(i, n);
      long swapped = all[i];
      all[i] = all[j];
      all[j] = swapped;
    }
    return java.util.Arrays.copyOf(all, size);
  }

  private static double unbiased(NDManager step, NDArray x, NDArray y) {
    long m = x.getShape().get(0);
    long n = y.getShape().get(0);
    double withinX = sum(step, x, x) - diagonal(x);
    double withinY = sum(step, y, y) - diagonal(y);
    double value =
        withinX / ((double) m * (m - 1))
            + withinY / ((double) n * (n - 1))
            - 2 * sum(step, x, y) / ((double) m * n);
    require(Double.isFinite(value), "the kernel distance is not finite");
    return value;
  }

  /** Sum of the kernel over all pairs of rows, in blocks so that memory stays bounded. */
  private static double sum(NDManager parent, NDArray x, NDArray y) {
    double total = 0;
    for (long i = 0; i < x.getShape().get(0); i += CHUNK) {
      for (long j = 0; j < y.getShape().get(0); j += CHUNK) {
        try (NDManager step = parent.newSubManager()) {
          NDArray a = slice(step, x, i);
          NDArray b = slice(step, y, j);
          NDArray k = a.matMul(b.transpose()).divi(x.getShape().get(1)).addi(1);
          total += k.mul(k).muli(k).sum().toDoubleArray()[0];
        }
      }
    }
    return total;
  }

  private static NDArray slice(NDManager step, NDArray x, long from) {
    long to = Math.min(x.getShape().get(0), from + CHUNK);
    NDArray slice = x.get(new NDIndex().addSliceDim(from, to));
    slice.attach(step);
    return slice;
  }

  /** Sum of k(x_i, x_i). */
  private static double diagonal(NDArray x) {
    try (NDManager step = x.getManager().newSubManager()) {
      NDArray squares = x.mul(x);
      squares.attach(step);
      NDArray k = squares.sum(new int[] {1}).divi(x.getShape().get(1)).addi(1);
      return k.mul(k).muli(k).sum().toDoubleArray()[0];
    }
  }

  private static NDArray wide(NDManager step, NDArray features) {
    NDArray wide = features.toType(DataType.FLOAT64, true);
    wide.attach(step);
    return wide;
  }

  private static void checkShapes(NDArray real, NDArray generated) {
    Shape a = real.getShape();
    Shape b = generated.getShape();
    require(
        a.dimension() == 2 && b.dimension() == 2 && a.get(1) == b.get(1),
        "features of shapes %s and %s, expected (M, D) and (N, D)",
        a,
        b);
    require(a.get(0) >= 2 && b.get(0) >= 2, "at least 2 vectors a side, not %s and %s", a, b);
  }
}
