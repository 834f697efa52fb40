package dev.fewstep.schemas.state;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * Task keys of a run of trials of an experiment. Everything else about a trial follows from the
 * grid and its index.
 *
 * @param first index of the first trial
 * @param trials keys of the trials first, first + 1, …
 */
public record PlanChunk(String experimentId, int first, List<TrialKeys> trials)
    implements StateValue {
  public PlanChunk {
    requireNonNull(experimentId, "experimentId");
    require(first >= 0, "first must not be negative, not %s", first);
    trials = List.copyOf(trials);
  }
}
