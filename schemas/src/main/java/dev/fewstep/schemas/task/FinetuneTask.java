package dev.fewstep.schemas.task;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.schemas.spec.TrainingSpec;
import java.util.List;

/**
 * MMD finetuning of a denoiser for a fixed number of sampling steps.
 *
 * @param weights the base model
 * @param dataset the real images
 * @param flip whether real images are mirrored at random
 * @param sampling the chain that is trained through
 * @param loss the loss
 * @param training the optimisation
 * @param seed seed of every draw
 */
public record FinetuneTask(
    SourceRef weights,
    SourceRef dataset,
    boolean flip,
    SamplingSpec sampling,
    MmdLossTask loss,
    TrainingSpec training,
    long seed)
    implements TaskSpec {
  public FinetuneTask {
    requireNonNull(weights, "weights");
    requireNonNull(dataset, "dataset");
    requireNonNull(sampling, "sampling");
    requireNonNull(loss, "loss");
    requireNonNull(training, "training");
  }

  @Override
  public TaskKind kind() {
    return TaskKind.FINETUNE;
  }

  @Override
  public List<SourceRef> sources() {
    return List.of(weights, dataset, loss.space().extractor()).stream().distinct().toList();
  }
}
