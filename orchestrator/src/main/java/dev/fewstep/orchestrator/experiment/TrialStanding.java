package dev.fewstep.orchestrator.experiment;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.TrialKeys;
import java.util.Optional;

/**
 * Where a trial stands, without its configuration.
 *
 * @param state the least advanced of its tasks' states
 * @param tasks keys of its tasks; empty while it is not planned. Of a trial below the last rung the
 *     finetune is that of its present rung, and the others are not made
 * @param rung how far it has come, when trials are halved
 */
public record TrialStanding(TaskState state, Optional<TrialKeys> tasks, Optional<RungView> rung) {
  public TrialStanding {
    requireNonNull(state, "state");
    requireNonNull(tasks, "tasks");
    requireNonNull(rung, "rung");
  }

  /** Whether it was trained less far than others and is left there. */
  public boolean stopped() {
    return rung.map(at -> at.standing() == RungView.Standing.STOPPED).orElse(false);
  }
}
