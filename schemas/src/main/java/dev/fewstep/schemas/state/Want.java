package dev.fewstep.schemas.state;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.TaskState;
import java.util.Optional;

/**
 * An experiment's interest in a task.
 *
 * @param experimentId the experiment
 * @param checking whether an earlier result is to serve once its artifacts are seen to exist
 * @param settled what the task finally was to this experiment, when that is no longer the task's
 *     own state: CACHED, CANCELLED, or its outcome before it was begun anew
 */
public record Want(String experimentId, boolean checking, Optional<TaskState> settled) {
  public Want {
    requireNonNull(experimentId, "experimentId");
    settled = settled == null ? Optional.empty() : settled;
    settled.ifPresent(state -> require(state.isTerminal(), "%s settles nothing", state));
    require(!checking || settled.isEmpty(), "a settled want is not checked");
  }

  /** Follows the task's own state. */
  public static Want live(String experimentId) {
    return new Want(experimentId, false, Optional.empty());
  }

  /** Waits until an earlier result is seen to be there. */
  public static Want checking(String experimentId) {
    return new Want(experimentId, true, Optional.empty());
  }

  /** Follows the task no longer. */
  public Want settledAs(TaskState state) {
    return new Want(experimentId, false, Optional.of(state));
  }

  /** Where the task stands as this experiment sees it. */
  public TaskState view(TaskState task) {
    return checking ? TaskState.PENDING : settled.orElse(task);
  }
}
