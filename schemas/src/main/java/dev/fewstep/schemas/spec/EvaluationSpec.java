package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How every trial and its paired baseline is scored.
 *
 * @param reference name of the imported dataset whose statistics are compared with
 * @param extractors feature spaces to score in, {@code NAME} or {@code NAME/MODE}; the space that
 *     is trained on is always scored, and at least one that is not must be named
 * @param samples images generated for each score
 * @param seed seed of the evaluation noise, shared by all trials and baselines
 * @param batch images sampled at once
 * @param baseSteps further sampling steps at which the base model alone is scored
 * @param metrics what is measured in every space; kept in the order of {@link MetricKind}
 * @param features feature vectors kept on each side, at most, for what needs single vectors
 * @param bootstrap resamples for an interval of each distance; 0 for none
 * @param statistics feature space, as written in {@code extractors} or {@code loss.extractor}, to
 *     the imported statistics that stand in for the reference dataset's
 */
public record EvaluationSpec(
    String reference,
    List<String> extractors,
    Integer samples,
    Long seed,
    Integer batch,
    List<Integer> baseSteps,
    List<MetricKind> metrics,
    Integer features,
    Integer bootstrap,
    Map<String, String> statistics) {
  /** Metrics of a specification that names none. */
  public static final List<MetricKind> METRICS = List.of(MetricKind.FD, MetricKind.KD);

  /** Vectors kept when nothing else is said. */
  public static final int FEATURES = 5000;

  public EvaluationSpec {
    requireNonNull(reference, "evaluation.reference is required");
    extractors = List.copyOf(requireNonNull(extractors, "evaluation.extractors is required"));
    samples = requireNonNullElse(samples, 10_000);
    seed = requireNonNullElse(seed, 0L);
    batch = requireNonNullElse(batch, 128);
    baseSteps = List.copyOf(requireNonNullElse(baseSteps, List.of()));
    metrics = requireNonNullElse(metrics, METRICS).stream().distinct().sorted().toList();
    features = requireNonNullElse(features, FEATURES);
    bootstrap = requireNonNullElse(bootstrap, 0);
    statistics =
        Collections.unmodifiableMap(new TreeMap<>(requireNonNullElse(statistics, Map.of())));
    require(!metrics.isEmpty(), "an evaluation needs a metric");
    require(features >= 2, "features must be at least 2, not %s", features);
    require(
        bootstrap == 0 || (bootstrap >= 20 && bootstrap <= 10_000),
        "bootstrap must be 0, or 20 to 10000 resamples, not %s",
        bootstrap);
    require(samples >= 2, "samples must be at least 2, not %s", samples);
    require(batch >= 1, "batch must be positive, not %s", batch);
    for (int steps : baseSteps) {
      require(steps >= 1 && steps <= 1000, "baseSteps must be 1 to 1000, not %s", steps);
    }
  }
}
