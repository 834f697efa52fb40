package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import java.util.List;

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
 */
public record EvaluationSpec(
    String reference,
    List<String> extractors,
    Integer samples,
    Long seed,
    Integer batch,
    List<Integer> baseSteps) {
  public EvaluationSpec {
    requireNonNull(reference, "evaluation.reference is required");
    extractors = List.copyOf(requireNonNull(extractors, "evaluation.extractors is required"));
    samples = requireNonNullElse(samples, 10_000);
    seed = requireNonNullElse(seed, 0L);
    batch = requireNonNullElse(batch, 128);
    baseSteps = List.copyOf(requireNonNullElse(baseSteps, List.of()));
    require(samples >= 2, "samples must be at least 2, not %s", samples);
    require(batch >= 1, "batch must be positive, not %s", batch);
    for (int steps : baseSteps) {
      require(steps >= 1 && steps <= 1000, "baseSteps must be 1 to 1000, not %s", steps);
    }
  }
}
