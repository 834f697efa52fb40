package dev.fewstep.orchestrator.log;

import dev.fewstep.orchestrator.experiment.Check;
import dev.fewstep.orchestrator.experiment.Decision;
import dev.fewstep.orchestrator.experiment.TaskToPublish;
import dev.fewstep.orchestrator.experiment.Transition;
import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.message.WorkerOrder;
import dev.fewstep.schemas.state.StateRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Decisions that are written in one transaction. Of several values of one entity the last is
 * written, which is what a compacted topic would keep.
 */
final class Batch {
  private final Map<String, StateRecord> changes = new LinkedHashMap<>();
  private final List<TaskToPublish> tasks = new ArrayList<>();
  private final Map<String, ControlMessage> controls = new LinkedHashMap<>();
  private final List<String> forgotten = new ArrayList<>();
  private final List<WorkerOrder> orders = new ArrayList<>();
  private final List<Check> checks = new ArrayList<>();
  private final List<Transition> transitions = new ArrayList<>();

  void add(Decision decision) {
    decision.changes().forEach(change -> changes.put(change.key(), change));
    tasks.addAll(decision.tasks());
    for (String task : decision.forgotten()) {
      controls.remove(task);
      forgotten.add(task);
    }
    decision.controls().forEach(control -> controls.put(control.taskKey(), control));
    orders.addAll(decision.orders());
    checks.addAll(decision.checks());
    transitions.addAll(decision.transitions());
  }

  /** Whether there is nothing to write or to ask. */
  boolean isEmpty() {
    return changes.isEmpty()
        && tasks.isEmpty()
        && controls.isEmpty()
        && forgotten.isEmpty()
        && orders.isEmpty()
        && checks.isEmpty();
  }

  Collection<StateRecord> changes() {
    return changes.values();
  }

  List<TaskToPublish> tasks() {
    return tasks;
  }

  Collection<ControlMessage> controls() {
    return controls.values();
  }

  /** Tasks of which the control topic keeps nothing any more; written before {@link #controls}. */
  List<String> forgotten() {
    return forgotten;
  }

  List<WorkerOrder> orders() {
    return orders;
  }

  List<Check> checks() {
    return checks;
  }

  List<Transition> transitions() {
    return transitions;
  }
}
