package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * What the gate makes of one score of a run; the smaller a score the better.
 *
 * @param metric the score and its grid point
 * @param verdict what it comes to
 * @param value mean over its seeds; empty when the run has none
 * @param baseline mean over the baseline's runs and the same seeds
 * @param change of the value from the baseline, as a part of the baseline; above 0 is worse
 * @param low lower end of the change's interval
 * @param high upper end
 * @param seeds seeds in common
 * @param runs runs in the baseline
 * @param reason why, half a sentence
 */
public record Judgement(
    String metric,
    Verdict verdict,
    Optional<Double> value,
    Optional<Double> baseline,
    Optional<Double> change,
    Optional<Double> low,
    Optional<Double> high,
    int seeds,
    int runs,
    String reason) {
  public Judgement {
    requireNonNull(metric, "metric");
    requireNonNull(verdict, "verdict");
    value = value == null ? Optional.empty() : value;
    baseline = baseline == null ? Optional.empty() : baseline;
    change = change == null ? Optional.empty() : change;
    low = low == null ? Optional.empty() : low;
    high = high == null ? Optional.empty() : high;
    requireNonNull(reason, "reason");
  }
}
