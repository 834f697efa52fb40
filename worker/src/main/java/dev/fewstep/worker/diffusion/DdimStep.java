package dev.fewstep.worker.diffusion;

/**
 * One DDIM update t → s in closed form: x' = ofX x + ofOutput output + ofNoise z, for whatever the
 * network predicts.
 *
 * <p>With the noise e, a = alphaBar: x0 = (x - sqrt(1-a_t) e) / sqrt(a_t), not clamped; c1 = eta
 * sqrt((1 - a_t/a_s)(1-a_s) / (1-a_t)); c2 = sqrt(1 - a_s - c1²); x' = sqrt(a_s) x0 + c1 z + c2 e
 * (MMD-DDM, denoising.py:17-75). All three coefficients are formed in double.
 *
 * @param t timestep of the network's evaluation
 * @param ofX factor of the current state
 * @param ofOutput factor of the network's output
 * @param ofNoise factor of fresh noise, c1
 */
public record DdimStep(int t, double ofX, double ofOutput, double ofNoise) {
  /**
   * Forms the coefficients.
   *
   * @param schedule the noise schedule
   * @param from t
   * @param to s below t; -1 is the clean image
   * @param eta in [0, 1]
   * @param prediction what the network predicts
   * @return the update
   */
  public static DdimStep of(
      NoiseSchedule schedule, int from, int to, double eta, PredictionType prediction) {
    if (!(eta >= 0 && eta <= 1)) {
      throw new IllegalArgumentException("eta must be in [0, 1] but is " + eta);
    }
    double at = schedule.alphaBar(from);
    if (!(at > 0 && at < 1)) {
      throw new IllegalArgumentException(
          "A sampler cannot visit timestep "
              + from
              + ", where alphaBar is "
              + at
              + " and not between 0 and 1");
    }
    double as = schedule.alphaBar(to);
    double c1 = eta * Math.sqrt((1 - at / as) * (1 - as) / (1 - at));
    double c2 = Math.sqrt(Math.max(0, 1 - as - c1 * c1));
    double ofX = Math.sqrt(as / at);
    double ofNoiseEstimate = c2 - Math.sqrt(as * (1 - at) / at);
    return new DdimStep(
        from,
        ofX + ofNoiseEstimate * prediction.ofX(at),
        ofNoiseEstimate * prediction.ofOutput(at),
        c1);
  }
}
