package dev.fewstep.worker.mmd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * The scale gamma of a radial kernel, which is a function of gamma |x-y|².
 *
 * @param rule where gamma comes from
 * @param gamma above 0 for {@link Rule#FIXED}, else absent
 */
public record Bandwidth(Rule rule, OptionalDouble gamma) {
  /** Where gamma comes from. */
  public enum Rule {
    /** Given. */
    FIXED,
    /** 1/D (MMD-DDM, losses.py:56-83). */
    DIMENSION,
    /**
     * 1/(2 sigma²), where sigma is the median of |y_i - y_j|, i &lt; j, over real features (the
     * median heuristic: Gretton et al. 2012, section 8). Of an even number the two in the middle
     * are averaged.
     */
    MEDIAN
  }

  /** Checks. */
  public Bandwidth {
    boolean positive = gamma.isPresent() && gamma.getAsDouble() > 0;
    if (rule == Rule.FIXED && !(positive && Double.isFinite(gamma.getAsDouble()))) {
      throw new IllegalArgumentException("gamma must be positive but is " + gamma);
    }
    if (rule != Rule.FIXED && gamma.isPresent()) {
      throw new IllegalArgumentException("gamma is given but the rule is " + rule);
    }
  }

  /**
   * A scale that is given.
   *
   * @param gamma above 0
   */
  public static Bandwidth ofGamma(double gamma) {
    return new Bandwidth(Rule.FIXED, OptionalDouble.of(gamma));
  }

  /**
   * gamma = 1/(2 sigma²), the form of torch-fidelity's kernel.
   *
   * @param sigma above 0
   * @throws IllegalArgumentException when sigma is not positive
   */
  public static Bandwidth ofSigma(double sigma) {
    if (!(sigma > 0)) {
      throw new IllegalArgumentException("sigma must be positive but is " + sigma);
    }
    return ofGamma(1 / (2 * sigma * sigma));
  }

  /** gamma = 1/D. */
  public static Bandwidth ofDimension() {
    return new Bandwidth(Rule.DIMENSION, OptionalDouble.empty());
  }

  /** The median heuristic, to be decided by real features. */
  public static Bandwidth ofMedian() {
    return new Bandwidth(Rule.MEDIAN, OptionalDouble.empty());
  }

  /**
   * Decides.
   *
   * @param real real features (n, D), n at least 2
   * @return a scale that needs no data
   * @throws IllegalArgumentException when more than half of all pairs are equal
   */
  Bandwidth decided(NDArray real) {
    if (rule != Rule.MEDIAN) {
      return this;
    }
    double median = medianDistance(real);
    if (!(median > 0 && Double.isFinite(median))) {
      throw new IllegalArgumentException(
          "The median distance of "
              + real.getShape().get(0)
              + " real feature vectors is "
              + median
              + ": no bandwidth can be taken from it, give gamma or sigma");
    }
    return ofSigma(median);
  }

  /** gamma for vectors of a dimension. */
  double gamma(long dimension) {
    return switch (rule) {
      case FIXED -> gamma.getAsDouble();
      case DIMENSION -> 1.0 / dimension;
      case MEDIAN ->
          throw new IllegalStateException("The bandwidth must be decided by real features first");
    };
  }

  private static double medianDistance(NDArray real) {
    int count = (int) real.getShape().get(0);
    int dimension = (int) real.getShape().get(1);
    double[] values;
    try (NDManager scope = real.getManager().newSubManager()) {
      NDArray wide = real.toType(DataType.FLOAT64, true);
      wide.attach(scope);
      values = wide.toDoubleArray();
    }
    double[] distances = new double[count * (count - 1) / 2];
    int pair = 0;
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < i; j++) {
        double square = 0;
        for (int d = 0; d < dimension; d++) {
          double difference = values[i * dimension + d] - values[j * dimension + d];
          square += difference * difference;
        }
        distances[pair++] = Math.sqrt(square);
      }
    }
    if (pair == 0) {
      throw new IllegalArgumentException("A median distance needs 2 real feature vectors or more");
    }
    Arrays.sort(distances);
    return (distances[(pair - 1) / 2] + distances[pair / 2]) / 2;
  }
}
