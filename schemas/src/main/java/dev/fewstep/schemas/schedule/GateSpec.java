package dev.fewstep.schemas.schedule;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNullElse;

import java.util.List;
import java.util.regex.Pattern;

/**
 * How the scores of a scheduled experiment are compared with those of its runs before.
 *
 * @param scores which ones, such as {@code fd} or {@code step_ratio}; the smaller the better. Some
 *     are compared, each at every grid point
 * @param minEffect the least change that matters, as a part of the baseline, 0 or more and below 1
 * @param confidence of the interval of the change, above 0.5 and below 1
 * @param baselineRuns how many of the newest accepted runs make the baseline, 1 to 100
 * @param minRuns with fewer runs in the baseline nothing is decided, 1 to baselineRuns
 * @param minSeeds with fewer seeds in common nothing is decided, 2 or more
 */
public record GateSpec(
    List<String> scores,
    Double minEffect,
    Double confidence,
    Integer baselineRuns,
    Integer minRuns,
    Integer minSeeds) {
  private static final Pattern SCORE = Pattern.compile("[a-z][a-z0-9_-]{0,31}");

  public GateSpec {
    scores = List.copyOf(requireNonNullElse(scores, List.of("fd")));
    minEffect = requireNonNullElse(minEffect, 0.02);
    confidence = requireNonNullElse(confidence, 0.95);
    baselineRuns = requireNonNullElse(baselineRuns, 14);
    minRuns = requireNonNullElse(minRuns, Math.min(3, baselineRuns));
    minSeeds = requireNonNullElse(minSeeds, 3);
    require(!scores.isEmpty() && scores.size() <= 16, "gate.scores must be 1 to 16 names");
    for (String score : scores) {
      require(SCORE.matcher(score).matches(), "'%s' is no score: %s", score, SCORE.pattern());
    }
    require(minEffect >= 0 && minEffect < 1, "gate.minEffect must be in [0, 1), not %s", minEffect);
    require(
        confidence > 0.5 && confidence < 1,
        "gate.confidence must be in (0.5, 1), not %s",
        confidence);
    require(
        baselineRuns >= 1 && baselineRuns <= 100,
        "gate.baselineRuns must be 1 to 100, not %s",
        baselineRuns);
    require(
        minRuns >= 1 && minRuns <= baselineRuns,
        "gate.minRuns must be 1 to baselineRuns, not %s",
        minRuns);
    require(minSeeds >= 2, "gate.minSeeds must be 2 or more, not %s", minSeeds);
  }

  /** Every default. */
  public static GateSpec usual() {
    return new GateSpec(null, null, null, null, null, null);
  }
}
