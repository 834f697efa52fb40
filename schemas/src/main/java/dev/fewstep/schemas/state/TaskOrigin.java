package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

/**
 * Where a task's specification can be derived from.
 *
 * @param experimentId an experiment that has the task
 * @param trial index of a trial that has it; -1 for a task of the experiment as a whole
 */
public record TaskOrigin(String experimentId, int trial) {
  /** Index of no trial. */
  public static final int WHOLE = -1;

  public TaskOrigin {
    requireNonNull(experimentId, "experimentId");
  }
}
