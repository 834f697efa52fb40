package dev.fewstep.worker.evaluation;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.StreamSeed;
import dev.fewstep.worker.tensor.Tensors;
import java.util.Arrays;
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
    return unbiased(real.getManager(), FeatureRows.of(real), FeatureRows.of(generated));
  }

  /**
   * The estimate over all pairs, read block by block.
   *
   * @param manager on whose device it is computed
   */
  public static double unbiased(NDManager manager, FeatureRows real, FeatureRows generated) {
    checkShapes(real, generated);
    return Autograd.off(
        () -> {
          double m = real.count();
          double n = generated.count();
          double value =
              within(manager, real) / (m * (m - 1))
                  + within(manager, generated) / (n * (n - 1))
                  - 2 * between(manager, real, generated) / (m * n);
          require(Double.isFinite(value), "the kernel distance is not finite");
          return value;
        });
  }

  /** As {@link #overSubsets(NDManager, FeatureRows, FeatureRows, int, int, long)}. */
  public static Estimate overSubsets(
      NDArray real, NDArray generated, int subsets, int size, long seed) {
    return overSubsets(
        real.getManager(), FeatureRows.of(real), FeatureRows.of(generated), subsets, size, seed);
  }

  /**
   * Mean over random subsets: the published protocol with 100 subsets of 1000, without replacement
   * within a subset.
   *
   * @param subsets how many, at least 1
   * @param size images of each side in a subset; neither set may have fewer
   * @param seed of the choice; the same seed chooses the same indices
   */
  public static Estimate overSubsets(
      NDManager manager,
      FeatureRows real,
      FeatureRows generated,
      int subsets,
      int size,
      long seed) {
    checkShapes(real, generated);
    require(subsets >= 1 && size >= 2, "%s subsets of %s", subsets, size);
    require(
        Math.min(real.count(), generated.count()) >= size,
        "subsets of %s images need as many, not %s real and %s generated ones",
        size,
        real.count(),
        generated.count());
    double[] values = new double[subsets];
    for (int s = 0; s < subsets; s++) {
      try (NDManager step = manager.newSubManager()) {
        NDArray x = rows(step, real, size, StreamSeed.of(seed, "kernel-real", s));
        NDArray y = rows(step, generated, size, StreamSeed.of(seed, "kernel-generated", s));
        values[s] = unbiased(x, y);
      }
    }
    double mean = Arrays.stream(values).average().orElseThrow();
    double variance =
        Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    return new Estimate(mean, Math.sqrt(variance));
  }

  private static NDArray rows(NDManager step, FeatureRows features, int size, long seed) {
    return features.pick(step, choose(features.count(), size, seed));
  }

  /** {@code size} different indices below {@code n}: the first of a Fisher-Yates shuffle. */
  static int[] choose(int n, int size, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] all = new int[n];
    Arrays.setAll(all, i -> i);
    for (int i = 0; i < size; i++) {
      int j = random.nextInt(i, n);
      int swapped = all[i];
      all[i] = all[j];
      all[j] = swapped;
    }
    return Arrays.copyOf(all, size);
  }

  /** Sum of the kernel over all pairs of different rows of one set. */
  private static double within(NDManager manager, FeatureRows x) {
    double total = 0;
    for (int i = 0; i < x.count(); i += CHUNK) {
      try (NDManager outer = manager.newSubManager()) {
        NDArray a = x.block(outer, i, end(x, i));
        double[] own = kernel(outer, a, a).toDoubleArray();
        int rows = (int) a.getShape().get(0);
        for (int r = 0; r < rows; r++) {
          for (int c = 0; c < r; c++) {
            total += 2 * own[r * rows + c];
          }
        }
        for (int j = end(x, i); j < x.count(); j += CHUNK) {
          try (NDManager step = outer.newSubManager()) {
            NDArray b = x.block(step, j, end(x, j));
            total += 2 * kernel(step, a, b).sum().toDoubleArray()[0];
          }
        }
      }
    }
    return total;
  }

  /** Sum of the kernel over all pairs of rows of two sets. */
  private static double between(NDManager manager, FeatureRows x, FeatureRows y) {
    double total = 0;
    for (int i = 0; i < x.count(); i += CHUNK) {
      try (NDManager outer = manager.newSubManager()) {
        NDArray a = x.block(outer, i, end(x, i));
        for (int j = 0; j < y.count(); j += CHUNK) {
          try (NDManager step = outer.newSubManager()) {
            NDArray b = y.block(step, j, end(y, j));
            total += kernel(step, a, b).sum().toDoubleArray()[0];
          }
        }
      }
    }
    return total;
  }

  /** (x·y/D + 1)³ of every pair of rows. */
  static NDArray kernel(NDManager step, NDArray x, NDArray y) {
    NDArray products = Tensors.addi(Tensors.divi(x.matMul(y.transpose()), x.getShape().get(1)), 1);
    products.attach(step);
    NDArray kernel = products.mul(products).muli(products);
    kernel.attach(step);
    return kernel;
  }

  private static int end(FeatureRows rows, int from) {
    return Math.min(rows.count(), from + CHUNK);
  }

  static void checkShapes(FeatureRows real, FeatureRows generated) {
    require(
        real.dimensions() == generated.dimensions(),
        "real features have %s dimensions, generated ones %s",
        real.dimensions(),
        generated.dimensions());
    require(
        real.count() >= 2 && generated.count() >= 2,
        "at least 2 vectors a side, not %s and %s",
        real.count(),
        generated.count());
  }
}
