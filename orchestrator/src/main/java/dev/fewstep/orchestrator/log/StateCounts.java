package dev.fewstep.orchestrator.log;

import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.OrchestratorState.QueueDepth;
import dev.fewstep.orchestrator.ops.StateNumbers;
import dev.fewstep.orchestrator.ops.StateNumbers.DeviceClassNumbers;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.DeviceClassRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.WorkerRecord;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Counts the tasks by kind and state as the state is folded. Guarded by its owner's lock. */
final class StateCounts {
  private final Map<TaskKind, Map<TaskState, Long>> tasks = new EnumMap<>(TaskKind.class);

  StateCounts() {
    for (TaskKind kind : TaskKind.values()) {
      Map<TaskState, Long> states = new EnumMap<>(TaskState.class);
      for (TaskState state : TaskState.values()) {
        states.put(state, 0L);
      }
      tasks.put(kind, states);
    }
  }

  /** Takes note of a change before it is replayed. */
  void watch(OrchestratorState before, StateRecord change) {
    if (change.value().isPresent() && change.value().get() instanceof TaskRecord task) {
      before.task(task.key()).ifPresent(old -> count(old, -1));
      count(task, 1);
    }
  }

  private void count(TaskRecord task, long change) {
    tasks.get(task.kind()).merge(task.state(), change, Long::sum);
  }

  /** The counts, and what the state itself knows. */
  StateNumbers numbers(OrchestratorState state) {
    Map<TaskKind, Map<TaskState, Long>> copy = new EnumMap<>(TaskKind.class);
    tasks.forEach((kind, states) -> copy.put(kind, new EnumMap<>(states)));
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
    return new StateNumbers(copy, entities, classes);
  }
}
