package dev.fewstep.orchestrator.log;

import dev.fewstep.orchestrator.experiment.Decision;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.ops.AttemptEnd;
import dev.fewstep.orchestrator.ops.OrchestratorMetrics;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.InboxMessage;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Measures what a leader decides: how long tasks wait and run, what became of commands. */
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
    Optional<TaskRecord> known = before.task(task.key());
    Optional<TaskState> old = known.map(TaskRecord::state);
    if (old.isPresent() && old.get() == task.state()) {
      return;
    }
    if (old.isPresent() && old.get() == TaskState.RUNNING) {
      metrics.attemptEnded(task.kind(), task.deviceClass(), end(task));
    }
    Instant queued = queuedSince.remove(task.key());
    if (task.state() == TaskState.QUEUED) {
      queuedSince.put(task.key(), at);
    } else if (task.state() == TaskState.RUNNING && queued != null) {
      metrics.taskStarted(task.kind(), task.deviceClass(), Duration.between(queued, at));
    } else if (task.state().isTerminal()) {
      metrics.taskFinished(
          task.kind(),
          task.deviceClass(),
          task.state(),
          task.startedAt().map(started -> Duration.between(started, at)));
    }
  }

  /** Counts what became of a command; one that came again has no outcome of its own. */
  void decided(InboxMessage message, Decision decision) {
    if (!(message instanceof Command command)) {
      return;
    }
    for (StateRecord change : decision.changes()) {
      if (change.value().isPresent() && change.value().get() instanceof OutcomeRecord outcome) {
        metrics.commandDecided(command.getClass(), outcome.accepted());
      }
    }
  }

  /** Counts what a transaction wrote; it began at that {@link System#nanoTime}. */
  void committed(long began, Batch batch) {
    metrics.committed(
        Duration.ofNanos(System.nanoTime() - began), batch.changes().size(), batch.transitions());
  }

  /** As the record itself says. */
  private static AttemptEnd end(TaskRecord after) {
    if (after.state() == TaskState.SUCCEEDED) {
      return AttemptEnd.SUCCEEDED;
    }
    return switch (after.past().get(after.past().size() - 1).end()) {
      case FAILED -> AttemptEnd.FAILED;
      case LOST -> AttemptEnd.LOST;
      case HANDED_BACK -> AttemptEnd.RELEASED;
      case WITHDRAWN -> AttemptEnd.CANCELLED;
    };
  }
}
