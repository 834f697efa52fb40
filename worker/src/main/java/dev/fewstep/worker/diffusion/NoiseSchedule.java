package dev.fewstep.worker.diffusion;

/**
 * The variances of the forward process, beta_0 ... beta_(T-1), and alphaBar(t), the product of 1 -
 * beta up to t.
 *
 * <p>Numbers follow the published code bit by bit: beta is computed in double and cast to float, 1
 * - beta is a float, and the running product is kept in double and read as float (torch's {@code
 * cumprod}).
 */
public final class NoiseSchedule {
  private final float[] betas;
  private final float[] alphaBars;

  private NoiseSchedule(float[] betas) {
    this.betas = betas;
    alphaBars = new float[betas.length];
    double product = 1;
    for (int t = 0; t < betas.length; t++) {
      product *= 1f - betas[t];
      alphaBars[t] = (float) product;
    }
  }

  /**
   * Betas evenly spaced, both ends included (DDPM: 1000 steps from 1e-4 to 0.02).
   *
   * @param steps T, at least 2
   * @param betaStart above 0
   * @param betaEnd at least betaStart, below 1
   * @return the schedule
   */
  public static NoiseSchedule linear(int steps, double betaStart, double betaEnd) {
    if (steps < 2) {
      throw new IllegalArgumentException("A NoiseSchedule needs at least 2 steps, not " + steps);
    }
    if (!(betaStart > 0 && betaStart <= betaEnd && betaEnd < 1)) {
      throw new IllegalArgumentException(
          "0 < betaStart <= betaEnd < 1 does not hold: " + betaStart + ", " + betaEnd);
    }
    float[] betas = new float[steps];
    double width = (betaEnd - betaStart) / (steps - 1);
    for (int t = 0; t < steps; t++) {
      betas[t] = (float) (t == steps - 1 ? betaEnd : betaStart + t * width);
    }
    return new NoiseSchedule(betas);
  }

  /**
   * DDPM's schedule: 1000 steps, 1e-4 to 0.02.
   *
   * @return the schedule
   */
  public static NoiseSchedule ddpm() {
    return linear(1000, 1e-4, 0.02);
  }

  /**
   * Number of training timesteps.
   *
   * @return T
   */
  public int steps() {
    return betas.length;
  }

  /**
   * The variance of one step.
   *
   * @param t in [0, T)
   * @return beta(t)
   */
  public float beta(int t) {
    return betas[t];
  }

  /**
   * How much of the image is left at a timestep.
   *
   * @param t in [-1, T); -1 is the clean image
   * @return alphaBar(t), 1 for -1
   */
  public float alphaBar(int t) {
    return t == -1 ? 1f : alphaBars[t];
  }
}
