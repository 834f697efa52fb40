package dev.fewstep.orchestrator.log;

import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.OrchestratorState.QueueDepth;
import dev.fewstep.orchestrator.ops.StateNumbers;
import dev.fewstep.orchestrator.ops.StateNumbers.DeviceClassNumbers;
import dev.fewstep.orchestrator.ops.StateNumbers.RunningTask;
import dev.fewstep.orchestrator.ops.StateNumbers.TaskNumbers;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.DeviceClassRecord;
import dev.fewstep.schemas.state.StateEntity;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskOrigin;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.WorkerRecord;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * Counts the tasks by kind, class and state as the state is folded. Guarded by its owner's lock.
 */
final class StateCounts {
  private final Map<String, Map<TaskKind, Map<TaskState, Long>>> tasks = new TreeMap<>();

  /** Takes note of a change before it is replayed. */
  void watch(OrchestratorState before, StateRecord change) {
    StateEntity entity = StateEntity.ofKey(change.key());
    if (entity == StateEntity.TASK) {
      before.task(entity.id(change.key())).ifPresent(old -> count(old, -1));
      change.value().map(TaskRecord.class::cast).ifPresent(task -> count(task, 1));
    }
  }

  private void count(TaskRecord task, long change) {
    tasks
        .computeIfAbsent(task.deviceClass(), name -> zeros())
        .get(task.kind())
        .merge(task.state(), change, Long::sum);
  }

  private static Map<TaskKind, Map<TaskState, Long>> zeros() {
    Map<TaskKind, Map<TaskState, Long>> kinds = new EnumMap<>(TaskKind.class);
    for (TaskKind kind : TaskKind.values()) {
      Map<TaskState, Long> states = new EnumMap<>(TaskState.class);
      for (TaskState state : TaskState.values()) {
        states.put(state, 0L);
      }
      kinds.put(kind, states);
    }
    return kinds;
  }

  /** The counts, and what the state itself knows. */
  StateNumbers numbers(OrchestratorState state) {
    List<TaskNumbers> counted = new ArrayList<>();
    tasks.forEach(
        (name, kinds) ->
            kinds.forEach(
                (kind, states) ->
                    states.forEach(
                        (at, count) -> counted.add(new TaskNumbers(kind, name, at, count)))));
    List<DeviceClassNumbers> classes = new ArrayList<>();
    for (DeviceClassRecord known : state.deviceClasses()) {
      QueueDepth depth = state.queueDepth(known.name());
      List<WorkerRecord> workers =
          state.workers().stream().filter(w -> w.deviceClass().equals(known.name())).toList();
      long idle = workers.stream().filter(WorkerRecord::idle).count();
      classes.add(
          new DeviceClassNumbers(
              known.name(), depth.waiting(), depth.published(), idle, workers.size() - idle));
    }
    Map<String, Long> entities =
        Map.of(
            "experiment", (long) state.experimentCount(),
            "task", (long) state.taskCount(),
            "worker", (long) state.workers().size(),
            "input", (long) state.inputs().size());
    List<RunningTask> running =
        state.leases().stream()
            .flatMap(lease -> state.task(lease.taskKey()).stream())
            .map(StateCounts::running)
            .toList();
    return new StateNumbers(counted, entities, classes, running);
  }

  private static RunningTask running(TaskRecord task) {
    int trial = task.origin().trial();
    return new RunningTask(
        task.key(),
        task.kind(),
        task.origin().experimentId(),
        trial == TaskOrigin.WHOLE ? OptionalInt.empty() : OptionalInt.of(trial));
  }
}
