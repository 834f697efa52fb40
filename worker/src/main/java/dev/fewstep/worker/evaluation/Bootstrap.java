package dev.fewstep.worker.evaluation;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.StreamSeed;
import dev.fewstep.worker.tensor.Tensors;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Percentile intervals at 95 % by resampling the generated images with replacement; the reference
 * is part of the protocol and stays as it is. A resample has fewer different images, which moves
 * these distances up for all resamples alike: the percentiles are taken about the resamples' mean
 * and laid around the estimate.
 *
 * <p>Vectors are read block by block. The kernel distance makes every block of the kernel once for
 * all resamples; the Fréchet distance makes one pass over the vectors for each resample.
 */
public final class Bootstrap {
  private static final double LEVEL = 0.95;
  private static final int CHUNK = 1024;

  /**
   * Where the score lies.
   *
   * @param low lower end
   * @param high upper end
   * @param level part of the resamples inside, such as 0.95
   * @param resamples how many there were
   */
  public record Interval(double low, double high, double level, int resamples) {}

  private final int resamples;
  private final long seed;

  /**
   * A way to resample.
   *
   * @param resamples how many, at least 20
   * @param seed the same seed makes the same resamples
   */
  public Bootstrap(int resamples, long seed) {
    require(resamples >= 20, "an interval needs at least 20 resamples, not %s", resamples);
    this.resamples = resamples;
    this.seed = seed;
  }

  /**
   * Interval of the Fréchet distance.
   *
   * @param manager on whose device it is computed
   * @param value the estimate from all generated images
   */
  public Interval frechet(
      NDManager manager, FeatureStatistics real, FeatureRows generated, double value) {
    double[] values = new double[resamples];
    for (int i = 0; i < resamples; i++) {
      int[] weights = weights(generated.count(), i);
      FeatureStatistics resampled = statistics(manager, generated, weights);
      values[i] = FrechetDistance.betweenAnyCounts(manager, real, resampled);
    }
    return around(value, values);
  }

  /** Statistics of the rows, each taken as often as its weight says. */
  private static FeatureStatistics statistics(NDManager manager, FeatureRows rows, int[] weights) {
    try (StatisticsAccumulator sums = new StatisticsAccumulator(manager, rows.dimensions())) {
      int[] indices = new int[Arrays.stream(weights).sum()];
      int filled = 0;
      for (int i = 0; i < weights.length; i++) {
        for (int w = 0; w < weights[i]; w++) {
          indices[filled++] = i;
        }
      }
      for (int from = 0; from < indices.length; from += CHUNK) {
        int to = Math.min(indices.length, from + CHUNK);
        try (NDManager step = manager.newSubManager()) {
          sums.add(rows.pick(step, Arrays.copyOfRange(indices, from, to)));
        }
      }
      return sums.finish();
    }
  }

  /**
   * Interval of the unbiased kernel distance over all pairs.
   *
   * @param manager on whose device it is computed
   * @param value the estimate from all generated images
   */
  public Interval kernel(NDManager manager, FeatureRows real, FeatureRows generated, double value) {
    int n = generated.count();
    double[][] weights = new double[resamples][];
    for (int i = 0; i < resamples; i++) {
      weights[i] = Arrays.stream(weights(n, i)).asDoubleStream().toArray();
    }
    double[] values =
        Autograd.off(
            () -> {
              double[] sums = new double[resamples];
              for (int i = 0; i < n; i += CHUNK) {
                try (NDManager outer = manager.newSubManager()) {
                  addRow(outer, real, generated, weights, i, sums);
                }
              }
              return sums;
            });
    return around(value, values);
  }

  /** What the generated rows of one block add to every resample's distance. */
  private static void addRow(
      NDManager outer,
      FeatureRows real,
      FeatureRows generated,
      double[][] weights,
      int from,
      double[] sums) {
    int n = generated.count();
    int to = Math.min(n, from + CHUNK);
    NDArray a = generated.block(outer, from, to);
    NDArray wa = columns(outer, weights, from, to);
    for (int j = 0; j < real.count(); j += CHUNK) {
      try (NDManager step = outer.newSubManager()) {
        NDArray b = real.block(step, j, Math.min(real.count(), j + CHUNK));
        NDArray total = KernelDistance.kernel(step, a, b).sum(new int[] {1}, true);
        total.attach(step);
        NDArray each = wa.matMul(total);
        each.attach(step);
        add(sums, each.toDoubleArray(), -2.0 / ((double) real.count() * n));
      }
    }
    for (int j = 0; j < n; j += CHUNK) {
      try (NDManager step = outer.newSubManager()) {
        int end = Math.min(n, j + CHUNK);
        NDArray kernel = KernelDistance.kernel(step, a, generated.block(step, j, end));
        NDArray wb = columns(step, weights, j, end);
        NDArray products = wa.matMul(kernel);
        products.attach(step);
        NDArray each = products.muli(wb).sum(new int[] {1});
        each.attach(step);
        add(sums, each.toDoubleArray(), 1.0 / ((double) n * (n - 1)));
        if (j == from) {
          // Each drawn image with itself is no pair.
          NDArray own = Tensors.of(step, diagonal(kernel), new Shape(to - from, 1));
          NDArray selves = wa.matMul(own);
          selves.attach(step);
          add(sums, selves.toDoubleArray(), -1.0 / ((double) n * (n - 1)));
        }
      }
    }
  }

  private static double[] diagonal(NDArray square) {
    double[] all = square.toDoubleArray();
    int n = (int) square.getShape().get(0);
    double[] diagonal = new double[n];
    Arrays.setAll(diagonal, i -> all[i * n + i]);
    return diagonal;
  }

  private static NDArray columns(NDManager manager, double[][] weights, int from, int to) {
    double[] block = new double[weights.length * (to - from)];
    for (int i = 0; i < weights.length; i++) {
      System.arraycopy(weights[i], from, block, i * (to - from), to - from);
    }
    return Tensors.of(manager, block, new Shape(weights.length, to - from));
  }

  private static void add(double[] sums, double[] values, double factor) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += factor * values[i];
    }
  }

  /** How often each of n images is drawn in a resample of n. */
  private int[] weights(int n, int resample) {
    SplittableRandom random = new SplittableRandom(StreamSeed.of(seed, "bootstrap", resample));
    int[] weights = new int[n];
    for (int i = 0; i < n; i++) {
      weights[random.nextInt(n)]++;
    }
    return weights;
  }

  private Interval around(double value, double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    double[] sorted = Arrays.stream(values).map(v -> v - mean).sorted().toArray();
    double tail = (1 - LEVEL) / 2;
    return new Interval(
        value + quantile(sorted, tail), value + quantile(sorted, 1 - tail), LEVEL, resamples);
  }

  /** Linear between the order statistics, as NumPy's default. */
  static double quantile(double[] sorted, double part) {
    double at = part * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}
