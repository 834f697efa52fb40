package dev.fewstep.orchestrator.experiment;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.TaskState;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * How far an experiment is.
 *
 * @param state where it stands
 * @param trials trials in all
 * @param planned trials planned so far
 * @param tasks distinct tasks by state as this experiment sees them; every state is there
 */
public record ExperimentProgress(
    ExperimentState state, int trials, int planned, Map<TaskState, Integer> tasks) {
  public ExperimentProgress {
    requireNonNull(state, "state");
    tasks = Collections.unmodifiableMap(new EnumMap<>(tasks));
  }
}
