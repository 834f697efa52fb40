package dev.fewstep.worker.diffusion;

import ai.djl.ndarray.NDArray;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.Tensors;

/** Samples as {@link DdimSampler#sample} does and shows every state on the way. */
public final class DenoisingPath {
  private DenoisingPath() {}

  /** Sees the states of a chain in order. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * One update was made. The arrays are closed after the call.
     *
     * @param update its index, from 0
     * @param step the update t to s
     * @param x the state at s, (N, C, H, W)
     * @param clean the clean image as predicted at t, (x_t - sqrt(1-a) e) / sqrt(a), not clamped
     */
    void visit(int update, DdimStep step, NDArray x, NDArray clean);
  }

  /**
   * Walks the chain, without dropout and without recording gradients.
   *
   * @param sampler made of the denoiser and the schedule
   * @param denoiser the network, labelled where it is conditional
   * @param schedule the schedule it was trained with
   * @param noise x_T, float32 (N, C, H, W); stays open
   * @param fresh noise of the updates; not asked when eta is 0
   * @param visitor sees as many states as there are updates
   */
  public static void walk(
      DdimSampler sampler,
      Denoiser denoiser,
      NoiseSchedule schedule,
      NDArray noise,
      DdimSampler.StepNoise fresh,
      Visitor visitor) {
    Autograd.silently(
        () -> {
          NDArray x = noise;
          for (int i = 0; i < sampler.steps().size(); i++) {
            DdimStep step = sampler.steps().get(i);
            try (NDArray t = DdimSampler.times(x, step);
                NDArray output = denoiser.predict(x, t);
                NDArray clean =
                    clean(x, output, schedule.alphaBar(step.t()), denoiser.prediction())) {
              NDArray next = sampler.update(x, output, i, fresh);
              visitor.visit(i, step, next, clean);
              if (x != noise) {
                x.close();
              }
              x = next;
            }
          }
          x.close();
        });
  }

  /** x0 = (x - sqrt(1-a) e) / sqrt(a) with e = ofX x + ofOutput output. */
  static NDArray clean(NDArray x, NDArray output, double alphaBar, PredictionType prediction) {
    double noise = Math.sqrt(1 - alphaBar);
    double scale = Math.sqrt(alphaBar);
    double ofX = (1 - noise * prediction.ofX(alphaBar)) / scale;
    double ofOutput = -noise * prediction.ofOutput(alphaBar) / scale;
    NDArray clean = Tensors.mul(x, ofX);
    try (NDArray part = Tensors.mul(output, ofOutput)) {
      clean.addi(part);
    }
    return clean;
  }
}
