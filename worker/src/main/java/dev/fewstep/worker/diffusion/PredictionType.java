package dev.fewstep.worker.diffusion;

/**
 * What a network predicts from x = sqrt(a) x0 + sqrt(1-a) e, where a is alphaBar(t). Whatever it
 * is, the noise is linear in x and the output: e = ofX(a) x + ofOutput(a) output.
 */
public enum PredictionType {
  /** The noise e itself. */
  EPSILON {
    @Override
    double ofX(double alphaBar) {
      return 0;
    }

    @Override
    double ofOutput(double alphaBar) {
      return 1;
    }

    @Override
    public double targetNoise(double alphaBar) {
      return 1;
    }

    @Override
    public double targetImage(double alphaBar) {
      return 0;
    }
  },
  /** v = sqrt(a) e - sqrt(1-a) x0 (Salimans and Ho 2022, arXiv 2202.00512, section 4). */
  V {
    @Override
    double ofX(double alphaBar) {
      return Math.sqrt(1 - alphaBar);
    }

    @Override
    double ofOutput(double alphaBar) {
      return Math.sqrt(alphaBar);
    }

    @Override
    public double targetNoise(double alphaBar) {
      return Math.sqrt(alphaBar);
    }

    @Override
    public double targetImage(double alphaBar) {
      return -Math.sqrt(1 - alphaBar);
    }
  },
  /** The clean image x0. */
  X0 {
    @Override
    double ofX(double alphaBar) {
      return 1 / Math.sqrt(1 - alphaBar);
    }

    @Override
    double ofOutput(double alphaBar) {
      return -Math.sqrt(alphaBar / (1 - alphaBar));
    }

    @Override
    public double targetNoise(double alphaBar) {
      return 0;
    }

    @Override
    public double targetImage(double alphaBar) {
      return 1;
    }
  };

  abstract double ofX(double alphaBar);

  abstract double ofOutput(double alphaBar);

  /**
   * Weight of the noise in the training target.
   *
   * @param alphaBar in (0, 1)
   * @return the factor of e
   */
  public abstract double targetNoise(double alphaBar);

  /**
   * Weight of the clean image in the training target.
   *
   * @param alphaBar in (0, 1)
   * @return the factor of x0
   */
  public abstract double targetImage(double alphaBar);
}
