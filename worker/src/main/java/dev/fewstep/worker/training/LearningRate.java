package dev.fewstep.worker.training;

/**
 * A learning rate over steps: linear warm-up, then as a {@link Decay} says.
 *
 * @param peak rate after the warm-up, above 0
 * @param warmup number of warm-up steps, at least 0; step k (from 0) of them has rate peak (k+1) /
 *     warmup
 * @param decay how it goes on
 */
public record LearningRate(double peak, int warmup, Decay decay) {
  /** How a rate goes on after the warm-up, as a part of the peak. */
  public sealed interface Decay permits Constant, Linear, Cosine, Steps {
    /**
     * The part of the peak.
     *
     * @param step from 0, not below warmup
     * @param warmup number of warm-up steps
     * @return in [0, 1]
     */
    double at(int step, int warmup);

    /**
     * Whether a training of another length has the same rates as far as both go.
     *
     * @return false when the rate depends on the number of steps in all
     */
    default boolean openEnded() {
      return true;
    }
  }

  /** Stays. */
  public record Constant() implements Decay {
    @Override
    public double at(int step, int warmup) {
      return 1;
    }
  }

  /**
   * Falls in a straight line.
   *
   * @param end step from which it is {@code floor}
   * @param floor where it ends, in [0, 1)
   */
  public record Linear(int end, double floor) implements Decay {
    /** Checks. */
    public Linear {
      checkEnd(end, floor);
    }

    @Override
    public double at(int step, int warmup) {
      return step >= end ? floor : 1 - (1 - floor) * (step - warmup) / (end - warmup);
    }

    @Override
    public boolean openEnded() {
      return false;
    }
  }

  /**
   * Falls along half a cosine.
   *
   * @param end step from which it is {@code floor}
   * @param floor where it ends, in [0, 1)
   */
  public record Cosine(int end, double floor) implements Decay {
    /** Checks. */
    public Cosine {
      checkEnd(end, floor);
    }

    @Override
    public double at(int step, int warmup) {
      if (step >= end) {
        return floor;
      }
      double part = 0.5 * (1 + Math.cos(Math.PI * (step - warmup) / (end - warmup)));
      return floor + (1 - floor) * part;
    }

    @Override
    public boolean openEnded() {
      return false;
    }
  }

  /**
   * Is multiplied by a factor at regular distances, counted from step 0 as torch's StepLR does.
   *
   * @param every steps between, at least 1
   * @param factor in (0, 1]
   */
  public record Steps(int every, double factor) implements Decay {
    /** Checks. */
    public Steps {
      if (every < 1 || !(factor > 0 && factor <= 1)) {
        throw new IllegalArgumentException(
            "A step schedule needs at least 1 step and a factor in (0, 1], not "
                + (every + " and " + factor));
      }
    }

    @Override
    public double at(int step, int warmup) {
      return Math.pow(factor, Math.floorDiv(step, every));
    }
  }

  private static void checkEnd(int end, double floor) {
    if (end < 1 || !(floor >= 0 && floor < 1)) {
      throw new IllegalArgumentException(
          "A schedule ends at step 1 or later and in [0, 1), not " + end + " and " + floor);
    }
  }

  /** Checks. */
  public LearningRate {
    if (!(peak > 0) || Double.isInfinite(peak)) {
      throw new IllegalArgumentException("The learning rate must be positive but is " + peak);
    }
    if (warmup < 0) {
      throw new IllegalArgumentException("warmup must not be negative but is " + warmup);
    }
  }

  /**
   * Constant, or along a cosine to zero.
   *
   * @param peak rate after the warm-up, above 0
   * @param warmup number of warm-up steps, at least 0
   * @param cosineEnd step at which a cosine reaches zero; 0 for a constant rate
   */
  public LearningRate(double peak, int warmup, int cosineEnd) {
    this(peak, warmup, cosineEnd == 0 ? new Constant() : new Cosine(cosineEnd, 0));
  }

  /**
   * The rate of a step.
   *
   * @param step from 0
   * @return the rate
   */
  public double at(int step) {
    return step < warmup ? peak * (step + 1) / warmup : peak * decay.at(step, warmup);
  }
}
