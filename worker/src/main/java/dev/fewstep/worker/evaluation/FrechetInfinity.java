package dev.fewstep.worker.evaluation;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.tensor.StreamSeed;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The Fréchet distance freed of its bias in the number of samples (Chong and Forsyth 2020, as
 * mchong6/FID_IS_infinity): distances of {@value #SIZES} random subsets whose sizes are evenly
 * spread, regressed on 1/N; the intercept is the estimate.
 *
 * @param value the intercept; it may be a little below 0 for sets that are alike
 * @param standardError of the intercept, from the regression's residuals
 * @param sizes of the subsets
 * @param distances of the subsets
 */
public record FrechetInfinity(
    double value, double standardError, List<Integer> sizes, List<Double> distances) {
  /** Subsets in the published protocol. */
  public static final int SIZES = 15;

  /** The least size in the published protocol. */
  public static final int LEAST = 5000;

  private static final int CHUNK = 1024;

  public FrechetInfinity {
    sizes = List.copyOf(sizes);
    distances = List.copyOf(distances);
  }

  /**
   * Extrapolates.
   *
   * @param manager on whose device it is computed
   * @param real statistics of the real images
   * @param generated the generated images' vectors, more than {@code least}
   * @param least size of the smallest subset, at least the dimensions
   * @param seed of the subsets, each drawn without replacement
   */
  public static FrechetInfinity of(
      NDManager manager, FeatureStatistics real, FeatureRows generated, int least, long seed) {
    int n = generated.count();
    require(
        n > least && least >= generated.dimensions(),
        "an extrapolation from %s to all of %s samples with %s dimensions: there must be more samples"
            + " than %s, and at least as many as dimensions in the smallest subset",
        least,
        n,
        generated.dimensions(),
        least);
    int[] sizes =
        IntStream.range(0, SIZES)
            .map(i -> (int) (least + (double) (n - least) * i / (SIZES - 1)))
            .toArray();
    double[] distances = new double[SIZES];
    for (int i = 0; i < SIZES; i++) {
      int[] chosen = KernelDistance.choose(n, sizes[i], StreamSeed.of(seed, "infinity", i));
      Arrays.sort(chosen);
      FeatureStatistics subset = statistics(manager, generated, chosen);
      distances[i] = FrechetDistance.between(manager, real, subset);
    }
    return regress(sizes, distances);
  }

  private static FeatureStatistics statistics(NDManager manager, FeatureRows rows, int[] chosen) {
    try (StatisticsAccumulator sums = new StatisticsAccumulator(manager, rows.dimensions())) {
      for (int from = 0; from < chosen.length; from += CHUNK) {
        int to = Math.min(chosen.length, from + CHUNK);
        try (NDManager step = manager.newSubManager()) {
          NDArray block = rows.pick(step, Arrays.copyOfRange(chosen, from, to));
          sums.add(block.reshape(new Shape(to - from, rows.dimensions())));
        }
      }
      return sums.finish();
    }
  }

  /** Least squares of the distances on 1/N. */
  static FrechetInfinity regress(int[] sizes, double[] distances) {
    int n = sizes.length;
    double meanX = Arrays.stream(sizes).mapToDouble(size -> 1.0 / size).average().orElseThrow();
    double meanY = Arrays.stream(distances).average().orElseThrow();
    double xx = 0;
    double xy = 0;
    for (int i = 0; i < n; i++) {
      double x = 1.0 / sizes[i] - meanX;
      xx += x * x;
      xy += x * (distances[i] - meanY);
    }
    double slope = xy / xx;
    double intercept = meanY - slope * meanX;
    double residuals = 0;
    for (int i = 0; i < n; i++) {
      double off = distances[i] - intercept - slope / sizes[i];
      residuals += off * off;
    }
    double error = Math.sqrt(residuals / (n - 2) * (1.0 / n + meanX * meanX / xx));
    return new FrechetInfinity(
        intercept,
        error,
        Arrays.stream(sizes).boxed().toList(),
        Arrays.stream(distances).boxed().toList());
  }
}
