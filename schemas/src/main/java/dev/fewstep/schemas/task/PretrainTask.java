package dev.fewstep.schemas.task;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.spec.DenoisingSpec;
import dev.fewstep.schemas.spec.NetworkSpec;
import java.util.List;

/**
 * DDPM training of a denoiser.
 *
 * @param dataset the images
 * @param network the network
 * @param training how it is trained
 * @param seed seed of the initial weights and of every draw
 */
public record PretrainTask(
    SourceRef dataset, NetworkSpec network, DenoisingSpec training, long seed) implements TaskSpec {
  public PretrainTask {
    requireNonNull(dataset, "dataset");
    requireNonNull(network, "network");
    requireNonNull(training, "training");
  }

  @Override
  public TaskKind kind() {
    return TaskKind.PRETRAIN;
  }

  @Override
  public List<SourceRef> sources() {
    return List.of(dataset);
  }
}
