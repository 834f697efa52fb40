package dev.fewstep.orchestrator.experiment;

import java.util.List;
import java.util.Optional;

/** Student's t interval of a mean over seeds, at 95 %. */
final class SeedInterval {
  /** Quantile 0.975 of Student's t with 1, 2, … degrees of freedom. */
  private static final double[] QUANTILES = {
    12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157,
    2.228139, 2.200985, 2.178813, 2.160369, 2.144787, 2.131450, 2.119905, 2.109816, 2.100922,
    2.093024, 2.085963, 2.079614, 2.073873, 2.068658, 2.063899, 2.059539, 2.055529, 2.051831,
    2.048407, 2.045230, 2.042272
  };

  /** Quantile 0.975 of the normal distribution. */
  private static final double NORMAL = 1.959964;

  private SeedInterval() {}

  /** Half the interval's width; empty for fewer than two values. */
  static Optional<Double> halfWidth(List<Double> values) {
    int n = values.size();
    if (n < 2) {
      return Optional.empty();
    }
    double mean = values.stream().mapToDouble(Double::doubleValue).sum() / n;
    double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
    return Optional.of(quantile(n - 1) * Math.sqrt(squares / (n - 1) / n));
  }

  /** Beyond the table the first two terms of Cornish and Fisher's expansion: exact to 1e-4. */
  static double quantile(int degrees) {
    if (degrees <= QUANTILES.length) {
      return QUANTILES[degrees - 1];
    }
    double z = NORMAL;
    double cube = z * z * z;
    return z
        + (cube + z) / (4 * degrees)
        + (5 * cube * z * z + 16 * cube + 3 * z) / (96.0 * degrees * degrees);
  }
}
