package dev.fewstep.schemas.state;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How far a trial has come whose experiment halves its trials.
 *
 * @param experimentId the experiment
 * @param trial index of the trial
 * @param rung the rung that it entered last, from 0
 * @param finetune key of the FINETUNE task of that rung
 * @param values validation MMD at the end of each rung that it completed, lower is better; {@value
 *     #WORST} for one that failed or was not finite
 */
public record RungRecord(
    String experimentId, int trial, int rung, String finetune, List<Double> values)
    implements StateValue {
  /** The value of a rung that failed. */
  public static final double WORST = Double.MAX_VALUE;

  public RungRecord {
    requireNonNull(experimentId, "experimentId");
    requireNonNull(finetune, "finetune");
    require(trial >= 0 && rung >= 0, "trial and rung count from 0");
    values = List.copyOf(values);
    require(
        values.size() == rung || values.size() == rung + 1,
        "a trial in rung %s has completed %s or %s rungs, not %s",
        rung,
        rung,
        rung + 1,
        values.size());
  }

  /** A trial that enters its first rung. */
  public static RungRecord entered(String experimentId, int trial, String finetune) {
    return new RungRecord(experimentId, trial, 0, finetune, List.of());
  }

  /** Whether its present rung is not completed. */
  public boolean open() {
    return values.size() == rung;
  }

  /** What it reached in its present rung; empty while that is open and when it failed. */
  public Optional<Double> value() {
    return open() ? Optional.empty() : Optional.of(values.get(rung)).filter(v -> v < WORST);
  }

  /** Its present rung completed, perhaps once more after a failure. */
  public RungRecord completed(double value) {
    List<Double> all = new ArrayList<>(values.subList(0, rung));
    all.add(value);
    return new RungRecord(experimentId, trial, rung, finetune, all);
  }

  /**
   * In the next rung.
   *
   * @param task key of its FINETUNE task there
   */
  public RungRecord promoted(String task) {
    return new RungRecord(experimentId, trial, rung + 1, task, values);
  }
}
