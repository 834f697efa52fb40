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
      if (due.isPresent() && moved < limit) {
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
      Optional<TaskRecord> known = draft.task(key);
      if (known.isPresent()) {
        follow(draft, index, known.get());
        moved++;
        draft.more();
      }
    }
  }

  private static void follow(Draft draft, TaskIndex index, TaskRecord task) {
    Optional<TaskRecord> failed = index.failedDependency(task);
    if (task.state() == TaskState.PENDING && failed.isPresent()) {
      draft.end(
          task,
          Transition.Trigger.DEPENDENCY_FAILED,
          task.edit().state(TaskState.FAILED).failure(because(draft, task, failed.get())));
    } else if (task.state() == TaskState.PENDING
        && task.notBefore().isEmpty()
        && index.dependenciesServe(task)) {
      draft.move(task, Transition.Trigger.READY, task.edit().state(TaskState.QUEUED));
    } else if (task.state() == TaskState.QUEUED && !index.dependenciesSucceeded(task)) {
      TaskRecord.Builder changed = task.edit().state(TaskState.PENDING);
      if (task.published()) {
        changed.nextAttempt();
      }
      TaskRecord next = draft.move(task, Transition.Trigger.DEPENDENCY_REDONE, changed);
      draft.control(next);
    }
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
