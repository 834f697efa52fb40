package dev.fewstep.worker.diffusion;

import java.util.function.IntToDoubleFunction;

/**
 * The variances of the forward process, beta_0 ... beta_(T-1), and alphaBar(t), the product of 1 -
 * beta up to t.
 *
 * <p>Numbers follow the published code bit by bit. Those of DDIM's {@code get_beta_schedule}
 * (runners/diffusion.py:29-58) are computed in double and cast to float, 1 - beta is a float, and
 * the running product is kept in double and read as float (torch's {@code cumprod}). The cosine
 * schedule of improved-diffusion stays in double until alphaBar is read.
 */
public final class NoiseSchedule {
  private final float[] betas;
  private final float[] alphaBars;

  private NoiseSchedule(float[] betas, float[] alphaBars) {
    this.betas = betas;
    this.alphaBars = alphaBars;
  }

  /** As DDIM's code: everything in float but the running product. */
  private static NoiseSchedule ofSingle(int steps, IntToDoubleFunction beta) {
    float[] betas = new float[checked(steps)];
    float[] alphaBars = new float[steps];
    double product = 1;
    for (int t = 0; t < steps; t++) {
      betas[t] = (float) beta.applyAsDouble(t);
      product *= 1f - betas[t];
      alphaBars[t] = (float) product;
    }
    return new NoiseSchedule(betas, alphaBars);
  }

  private static int checked(int steps) {
    if (steps < 2) {
      throw new IllegalArgumentException("A NoiseSchedule needs at least 2 steps, not " + steps);
    }
    return steps;
  }

  private static void check(double betaStart, double betaEnd) {
    if (!(betaStart > 0 && betaStart <= betaEnd && betaEnd < 1)) {
      throw new IllegalArgumentException(
          "0 < betaStart <= betaEnd < 1 does not hold: " + betaStart + ", " + betaEnd);
    }
  }

  /** numpy's {@code linspace(from, to, count)[i]}. */
  private static double linspace(double from, double to, int count, int i) {
    return i == count - 1 ? to : i * ((to - from) / (count - 1)) + from;
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
    check(betaStart, betaEnd);
    return ofSingle(checked(steps), t -> linspace(betaStart, betaEnd, steps, t));
  }

  /**
   * Betas whose square roots are evenly spaced (DDIM's {@code quad}).
   *
   * @param steps T, at least 2
   * @param betaStart above 0
   * @param betaEnd at least betaStart, below 1
   * @return the schedule
   */
  public static NoiseSchedule quadratic(int steps, double betaStart, double betaEnd) {
    check(betaStart, betaEnd);
    double from = Math.sqrt(betaStart);
    double to = Math.sqrt(betaEnd);
    return ofSingle(
        checked(steps),
        t -> {
          double root = linspace(from, to, steps, t);
          return root * root;
        });
  }

  /**
   * Equal betas (DDIM's {@code const}).
   *
   * @param steps T, at least 2
   * @param beta in (0, 1)
   * @return the schedule
   */
  public static NoiseSchedule constant(int steps, double beta) {
    check(beta, beta);
    return ofSingle(checked(steps), t -> beta);
  }

  /**
   * Betas 1/T, 1/(T-1), ..., 1 (DDIM's {@code jsd}); nothing is left of the image at T-1, which a
   * sampler can therefore not start from.
   *
   * @param steps T, at least 2
   * @return the schedule
   */
  public static NoiseSchedule jsd(int steps) {
    return ofSingle(checked(steps), t -> 1.0 / linspace(steps, 1, steps, t));
  }

  /**
   * Betas along a logistic curve from -6 to 6 (DDIM's {@code sigmoid}).
   *
   * @param steps T, at least 2
   * @param betaStart above 0
   * @param betaEnd at least betaStart, below 1
   * @return the schedule
   */
  public static NoiseSchedule sigmoid(int steps, double betaStart, double betaEnd) {
    check(betaStart, betaEnd);
    return ofSingle(
        checked(steps),
        t -> 1 / (Math.exp(-linspace(-6, 6, steps, t)) + 1) * (betaEnd - betaStart) + betaStart);
  }

  /**
   * The cosine schedule of improved-diffusion (gaussian_diffusion.py:33-62): alphaBar follows
   * cos²((t + 0.008) / 1.008 π/2) and no beta exceeds 0.999. Its products are kept in double, as
   * there.
   *
   * @param steps T, at least 2
   * @return the schedule
   */
  public static NoiseSchedule cosine(int steps) {
    float[] betas = new float[checked(steps)];
    float[] alphaBars = new float[steps];
    double product = 1;
    for (int t = 0; t < steps; t++) {
      double beta =
          Math.min(1 - squaredCosine((t + 1.0) / steps) / squaredCosine((double) t / steps), 0.999);
      product *= 1 - beta;
      betas[t] = (float) beta;
      alphaBars[t] = (float) product;
    }
    return new NoiseSchedule(betas, alphaBars);
  }

  private static double squaredCosine(double time) {
    double cosine = Math.cos((time + 0.008) / 1.008 * Math.PI / 2);
    return cosine * cosine;
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
