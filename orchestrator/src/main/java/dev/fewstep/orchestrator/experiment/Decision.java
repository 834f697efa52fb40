package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.message.WorkerOrder;
import dev.fewstep.schemas.state.StateRecord;
import java.util.List;

/**
 * What the orchestrator made of an input. The caller replays the changes into its state at once,
 * before the next decision, and writes changes, tasks and controls in one transaction with the
 * inbox position; when that aborts, the state is thrown away.
 *
 * @param changes new values of entities, in order; a key appears once
 * @param tasks to publish on the topics of their classes, in order
 * @param controls to publish on the control topic, in order
 * @param forgotten keys of tasks of which the control topic keeps nothing any more
 * @param orders to workers, to publish on the control topic, in order
 * @param checks to ask the artifact store, after the commit; not part of the transaction
 * @param transitions moves of tasks that the changes contain; for metrics and tests
 * @param more whether another {@link Input.Tick} would find work at once
 */
public record Decision(
    List<StateRecord> changes,
    List<TaskToPublish> tasks,
    List<ControlMessage> controls,
    List<String> forgotten,
    List<WorkerOrder> orders,
    List<Check> checks,
    List<Transition> transitions,
    boolean more) {
  public Decision {
    changes = List.copyOf(changes);
    tasks = List.copyOf(tasks);
    controls = List.copyOf(controls);
    forgotten = List.copyOf(forgotten);
    orders = List.copyOf(orders);
    checks = List.copyOf(checks);
    transitions = List.copyOf(transitions);
  }

  /** Whether there is nothing to write. */
  public boolean isEmpty() {
    return changes.isEmpty() && tasks.isEmpty() && controls.isEmpty() && orders.isEmpty();
  }
}
