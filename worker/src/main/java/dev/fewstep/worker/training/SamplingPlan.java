package dev.fewstep.worker.training;

import dev.fewstep.worker.diffusion.ClassLabels;
import dev.fewstep.worker.diffusion.DdimSampler;
import dev.fewstep.worker.diffusion.Denoiser;
import dev.fewstep.worker.diffusion.NoiseSchedule;
import dev.fewstep.worker.diffusion.Timesteps;

/**
 * The chain that is trained through.
 *
 * @param schedule noise schedule of the denoiser
 * @param timesteps where the denoiser is evaluated
 * @param eta in [0, 1]
 * @param label class of every image of a conditional network, -1 to draw one an image
 */
public record SamplingPlan(NoiseSchedule schedule, Timesteps timesteps, double eta, int label) {
  /** With drawn classes. */
  public SamplingPlan(NoiseSchedule schedule, Timesteps timesteps, double eta) {
    this(schedule, timesteps, eta, -1);
  }

  /**
   * The sampler of a denoiser.
   *
   * @param denoiser the network
   * @return a sampler over this plan
   */
  public DdimSampler sampler(Denoiser denoiser) {
    return new DdimSampler(
        denoiser, schedule, timesteps, eta, new ClassLabels(denoiser.classes(), label));
  }
}
