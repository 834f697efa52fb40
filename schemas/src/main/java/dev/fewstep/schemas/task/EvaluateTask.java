package dev.fewstep.schemas.task;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.spec.SamplingSpec;
import java.util.List;
import java.util.stream.Stream;

/**
 * Sampling and scoring. Image i has the noise H(seed, i), whatever the batch.
 *
 * @param weights the denoiser
 * @param sampling how it is sampled
 * @param samples images generated
 * @param seed seed of the noise
 * @param batch images sampled at once
 * @param spaces the spaces to score in, at least one
 */
public record EvaluateTask(
    SourceRef weights,
    SamplingSpec sampling,
    int samples,
    long seed,
    int batch,
    List<ScoredSpace> spaces)
    implements TaskSpec {
  public EvaluateTask {
    requireNonNull(weights, "weights");
    requireNonNull(sampling, "sampling");
    spaces = List.copyOf(spaces);
    require(samples >= 2, "samples must be at least 2, not %s", samples);
    require(batch >= 1, "batch must be positive, not %s", batch);
    require(!spaces.isEmpty(), "an evaluation needs a feature space");
  }

  @Override
  public TaskKind kind() {
    return TaskKind.EVALUATE;
  }

  @Override
  public List<SourceRef> sources() {
    return Stream.concat(
            Stream.of(weights),
            spaces.stream().flatMap(s -> Stream.of(s.space().extractor(), s.statistics())))
        .distinct()
        .toList();
  }
}
