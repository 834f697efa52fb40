package dev.fewstep.worker.training;

/**
 * The constants of torch's Adam.
 *
 * @param beta1 decay of the first moment, in [0, 1)
 * @param beta2 decay of the second moment, in [0, 1)
 * @param eps added to the denominator, above 0
 * @param weightDecay factor of the parameters that is added to the gradient, at least 0
 */
public record AdamSettings(double beta1, double beta2, double eps, double weightDecay) {
  /** torch's defaults, which every published training uses. */
  public static final AdamSettings TORCH = new AdamSettings(0.9, 0.999, 1e-8, 0);

  /** Checks. */
  public AdamSettings {
    boolean decays = beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1;
    if (!decays || !(eps > 0) || !(weightDecay >= 0)) {
      throw new IllegalArgumentException(
          "Adam needs betas in [0, 1), eps above 0 and weightDecay at least 0, not "
              + ("(" + beta1 + ", " + beta2 + "), " + eps + ", " + weightDecay));
    }
  }
}
