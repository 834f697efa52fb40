package dev.fewstep.worker.training;

/**
 * A learning rate over steps: linear warm-up, then constant or along a cosine to zero.
 *
 * @param peak rate after the warm-up, above 0
 * @param warmup number of warm-up steps, at least 0; step k (from 0) of them has rate peak (k+1) /
 *     warmup
 * @param cosineEnd step at which a cosine reaches zero; 0 for a constant rate
 */
public record LearningRate(double peak, int warmup, int cosineEnd) {
  /** Checks. */
  public LearningRate {
    if (!(peak > 0) || Double.isInfinite(peak)) {
      throw new IllegalArgumentException("The learning rate must be positive but is " + peak);
    }
    if (warmup < 0) {
      throw new IllegalArgumentException("warmup must not be negative but is " + warmup);
    }
    if (cosineEnd < 0) {
      throw new IllegalArgumentException("cosineEnd must not be negative but is " + cosineEnd);
    }
  }

  /**
   * The rate of a step.
   *
   * @param step from 0
   * @return the rate
   */
  public double at(int step) {
    if (step < warmup) {
      return peak * (step + 1) / warmup;
    }
    if (cosineEnd == 0) {
      return peak;
    }
    if (step >= cosineEnd) {
      return 0;
    }
    return peak * 0.5 * (1 + Math.cos(Math.PI * (step - warmup) / (cosineEnd - warmup)));
  }
}
