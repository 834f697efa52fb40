package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskFailure;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.Want;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Moves that follow from other tasks, from time and from cancelling; so many in one decision. */
final class MoveRules {
  private final Settings settings;

  MoveRules(Settings settings) {
    this.settings = settings;
  }

  void advance(Draft draft) {
    int left = settings.moveChunk();
    left -= withdraw(draft, left);
    left -= endBackoffs(draft, left);
    follow(draft, left);
  }

  /** Takes the wants of cancelled experiments back. */
  private static int withdraw(Draft draft, int limit) {
    int moved = 0;
    for (String id : draft.state().experimentIdsOldestFirst()) {
      boolean withdrawn = draft.experiment(id).map(ExperimentRecord::withdrawn).orElse(false);
      if (!withdrawn) {
        continue;
      }
      for (TaskAge age : draft.state().experimentFold(id).orElseThrow().open()) {
        if (moved >= limit) {
          draft.more();
          return moved;
        }
        draft.task(age.key()).ifPresent(task -> withdraw(draft, task, id));
        moved++;
      }
    }
    return moved;
  }

  private static void withdraw(Draft draft, TaskRecord task, String experimentId) {
    List<Want> wants = new ArrayList<>();
    boolean wanted = false;
    for (Want want : task.wants()) {
      boolean settles =
          want.experimentId().equals(experimentId) && !want.view(task.state()).isTerminal();
      wants.add(settles ? want.settledAs(TaskState.CANCELLED) : want);
      wanted |=
          want.settled().isEmpty()
              && !draft
                  .experiment(want.experimentId())
                  .map(ExperimentRecord::withdrawn)
                  .orElse(false);
    }
    if (wanted || task.state().isTerminal()) {
      draft.put(StateRecord.of(task.edit().wants(wants).build()));
    } else {
      draft.end(
          task, Transition.Trigger.WITHDRAWN, task.edit().wants(wants).state(TaskState.CANCELLED));
    }
    if (neededElsewhere(draft, task)) {
      draft.more();
    }
  }

  /** Whether an experiment that nobody cancelled waits for a task that needs it. */
  private static boolean neededElsewhere(Draft draft, TaskRecord task) {
    return draft.state().index().dependants(task.key()).stream()
        .flatMap(key -> draft.task(key).stream())
        .filter(dependant -> !dependant.state().isTerminal())
        .flatMap(dependant -> dependant.wants().stream())
        .filter(want -> want.settled().isEmpty())
        .flatMap(want -> draft.experiment(want.experimentId()).stream())
        .anyMatch(experiment -> !experiment.withdrawn());
  }

  private static int endBackoffs(Draft draft, int limit) {
    int moved = 0;
    for (TaskAge age : draft.state().index().backingOff()) {
      Optional<TaskRecord> due =
          draft
              .task(age.key())
              .filter(
                  task ->
                      task.notBefore().map(end -> !end.isAfter(draft.recordTime())).orElse(false));
      if (due.isEmpty()) {
        continue;
      }
      if (moved >= limit) {
        draft.more();
        return moved;
      }
      TaskRecord task = due.get();
      draft.served(task);
      if (draft.state().index().dependenciesServe(task)) {
        draft.move(task, Transition.Trigger.READY, task.edit().state(TaskState.QUEUED));
      } else {
        draft.put(StateRecord.of(task.edit().state(TaskState.PENDING).build()));
      }
      moved++;
      draft.more();
    }
    return moved;
  }

  /** Follows the tasks that a task needs. */
  private static void follow(Draft draft, int limit) {
    TaskIndex index = draft.state().index();
    int moved = 0;
    for (String key : index.attention()) {
      if (moved >= limit) {
        draft.more();
        return;
      }
      if (follow(draft, index, draft.task(key).orElseThrow())) {
        moved++;
        draft.more();
      }
    }
  }

  /** Whether something moved. */
  private static boolean follow(Draft draft, TaskIndex index, TaskRecord task) {
    return switch (task.state()) {
      case PENDING -> leavePending(draft, index, task);
      case QUEUED -> leaveQueue(draft, task);
      case RUNNING, SUCCEEDED, FAILED, CANCELLED, CACHED -> false; // Moved a moment ago.
    };
  }

  private static boolean leavePending(Draft draft, TaskIndex index, TaskRecord task) {
    Optional<TaskRecord> cancelled = index.cancelledDependency(task);
    if (cancelled.isPresent()) {
      return wantAgain(draft, task, cancelled.get());
    }
    Optional<TaskRecord> failed = index.failedDependency(task);
    if (failed.isPresent()) {
      draft.end(
          task,
          Transition.Trigger.DEPENDENCY_FAILED,
          task.edit().state(TaskState.FAILED).failure(because(draft, task, failed.get())));
      return true;
    }
    draft.move(task, Transition.Trigger.READY, task.edit().state(TaskState.QUEUED));
    return true;
  }

  private static boolean leaveQueue(Draft draft, TaskRecord task) {
    TaskRecord.Builder changed = task.edit().state(TaskState.PENDING);
    if (task.published()) {
      changed.nextAttempt();
    }
    TaskRecord next = draft.move(task, Transition.Trigger.DEPENDENCY_REDONE, changed);
    draft.control(next);
    return true;
  }

  /**
   * Begins a cancelled task anew for the experiments that want what needs it. They had its result
   * and saw it succeed; the result was gone when another experiment came, and the one that made it
   * anew was cancelled.
   */
  private static boolean wantAgain(Draft draft, TaskRecord task, TaskRecord cancelled) {
    boolean moved = false;
    for (Want want : task.wants()) {
      Optional<ExperimentRecord> experiment =
          draft
              .experiment(want.experimentId())
              .filter(known -> want.settled().isEmpty() && !known.withdrawn());
      if (experiment.isPresent()) {
        TaskRecord upstream = draft.task(cancelled.key()).orElseThrow();
        PlanningRules.join(draft, experiment.get(), upstream, Optional.empty());
        moved = true;
      }
    }
    return moved;
  }

  private static TaskFailure because(Draft draft, TaskRecord task, TaskRecord upstream) {
    String why = upstream.failure().map(TaskFailure::message).orElse("no reason is kept");
    String message =
        "the "
            + upstream.kind()
            + " task "
            + upstream.key().substring(0, 12)
            + " that it needs failed: "
            + why;
    return new TaskFailure(
        TaskFailure.Cause.DEPENDENCY,
        Optional.empty(),
        message,
        List.of(),
        task.attempt(),
        draft.recordTime());
  }
}
