package dev.fewstep.schemas.task;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.spec.EvaluationSpec;
import dev.fewstep.schemas.spec.MetricKind;
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
 * @param metrics what is measured in each of them
 * @param features feature vectors kept on each side, at most, for what needs single vectors
 * @param bootstrap resamples for an interval of each distance; 0 for none
 */
public record EvaluateTask(
    SourceRef weights,
    SamplingSpec sampling,
    int samples,
    long seed,
    int batch,
    List<ScoredSpace> spaces,
    List<MetricKind> metrics,
    Integer features,
    Integer bootstrap)
    implements TaskSpec {
  public EvaluateTask {
    requireNonNull(weights, "weights");
    requireNonNull(sampling, "sampling");
    spaces = List.copyOf(spaces);
    metrics =
        requireNonNullElse(metrics, EvaluationSpec.METRICS).stream().distinct().sorted().toList();
    features = requireNonNullElse(features, EvaluationSpec.FEATURES);
    bootstrap = requireNonNullElse(bootstrap, 0);
    require(!metrics.isEmpty(), "an evaluation needs a metric");
    require(features >= 2, "features must be at least 2, not %s", features);
    require(bootstrap >= 0, "bootstrap must not be negative, not %s", bootstrap);
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
