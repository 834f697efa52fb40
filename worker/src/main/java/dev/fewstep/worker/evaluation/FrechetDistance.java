package dev.fewstep.worker.evaluation;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.Autograd;

/**
 * |m1 - m2|² + tr S1 + tr S2 - 2 tr (S1^½ S2 S1^½)^½ in float64 (Dowson and Landau 1982; Heusel et
 * al. 2017 with Inception features). The trace comes from symmetric eigenvalues, clipped at 0,
 * which does not fail where SciPy's matrix square root does.
 */
public final class FrechetDistance {
  private FrechetDistance() {}

  /**
   * The distance; 0 or more.
   *
   * @param manager on whose device it is computed
   * @param real statistics of the real images
   * @param generated statistics of the generated images
   * @throws IllegalArgumentException when the dimensions differ, or either set has fewer vectors
   *     than dimensions: its covariance is singular and the distance says little
   */
  public static double between(
      NDManager manager, FeatureStatistics real, FeatureStatistics generated) {
    requireEnough("real", real);
    requireEnough("generated", generated);
    return betweenAnyCounts(manager, real, generated);
  }

  /**
   * As {@link #between}, but with fewer vectors than dimensions too; never for a published score.
   */
  public static double betweenAnyCounts(
      NDManager manager, FeatureStatistics real, FeatureStatistics generated) {
    require(
        real.dimensions() == generated.dimensions(),
        "real features have %s dimensions, generated ones %s",
        real.dimensions(),
        generated.dimensions());
    return Autograd.off(
        () -> {
          try (NDManager step = manager.newSubManager()) {
            NDArray distance =
                AtenOps.frechet(
                    real.mean(step),
                    real.covariance(step),
                    generated.mean(step),
                    generated.covariance(step));
            double value = distance.toDoubleArray()[0];
            require(Double.isFinite(value), "the Fréchet distance is not finite");
            return Math.max(0.0, value);
          }
        });
  }

  private static void requireEnough(String what, FeatureStatistics statistics) {
    require(
        statistics.count() >= statistics.dimensions(),
        "%s %s images for %s feature dimensions: the covariance is singular; use at least %s images",
        statistics.count(),
        what,
        statistics.dimensions(),
        statistics.dimensions());
  }
}
