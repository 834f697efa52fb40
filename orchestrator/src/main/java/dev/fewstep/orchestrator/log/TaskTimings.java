package dev.fewstep.orchestrator.log;

import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.ops.OrchestratorMetrics;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Measures how long tasks wait and run, from the changes that a leader decides. */
final class TaskTimings {
  private final OrchestratorMetrics metrics;
  private final Map<String, Instant> queuedSince = new HashMap<>();

  TaskTimings(OrchestratorMetrics metrics) {
    this.metrics = metrics;
  }

  /** Takes note of a change before it is replayed. */
  void watch(OrchestratorState before, StateRecord change, Instant at) {
    if (change.value().isEmpty() || !(change.value().get() instanceof TaskRecord task)) {
      return;
    }
    Optional<TaskState> old = before.task(task.key()).map(TaskRecord::state);
    if (old.isPresent() && old.get() == task.state()) {
      return;
    }
    Optional<Instant> queued = Optional.ofNullable(queuedSince.remove(task.key()));
    if (task.state() == TaskState.QUEUED) {
      queuedSince.put(task.key(), at);
    } else if (task.state() == TaskState.RUNNING) {
      queued.ifPresent(since -> metrics.taskStarted(task.kind(), Duration.between(since, at)));
    } else if (task.state().isTerminal()) {
      metrics.taskFinished(
          task.kind(),
          task.state(),
          task.startedAt().map(started -> Duration.between(started, at)));
    }
  }
}
