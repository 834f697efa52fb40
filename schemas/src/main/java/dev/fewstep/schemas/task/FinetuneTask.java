package dev.fewstep.schemas.task;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.schemas.spec.TrainingSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * MMD finetuning of a denoiser for a fixed number of sampling steps.
 *
 * @param weights the base model
 * @param dataset the real images
 * @param flip whether real images are mirrored at random
 * @param sampling the chain that is trained through
 * @param loss the loss
 * @param training the optimisation
 * @param validation real images to validate on, when the training validates on a dataset of its own
 * @param seed seed of every draw
 */
public record FinetuneTask(
    SourceRef weights,
    SourceRef dataset,
    boolean flip,
    SamplingSpec sampling,
    MmdLossTask loss,
    TrainingSpec training,
    Optional<SourceRef> validation,
    long seed)
    implements TaskSpec {
  public FinetuneTask {
    requireNonNull(weights, "weights");
    requireNonNull(dataset, "dataset");
    requireNonNull(sampling, "sampling");
    requireNonNull(loss, "loss");
    requireNonNull(training, "training");
    validation = validation == null ? Optional.empty() : validation;
  }

  @Override
  public TaskKind kind() {
    return TaskKind.FINETUNE;
  }

  @Override
  public List<SourceRef> sources() {
    List<SourceRef> sources = new ArrayList<>(List.of(weights, dataset));
    loss.spaces().forEach(trained -> sources.add(trained.space().extractor()));
    validation.ifPresent(sources::add);
    return sources.stream().distinct().toList();
  }
}
