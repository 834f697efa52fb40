package dev.fewstep.schemas.spec;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

/**
 * Training of the base model within the experiment.
 *
 * @param network the denoiser's network
 * @param training how it is trained
 * @param seed seed of its initial weights and its training, independent of the trial's
 */
public record PretrainSpec(NetworkSpec network, DenoisingSpec training, Long seed) {
  public PretrainSpec {
    requireNonNull(network, "pretrain.network is required");
    requireNonNull(training, "pretrain.training is required");
    seed = requireNonNullElse(seed, 0L);
  }
}
