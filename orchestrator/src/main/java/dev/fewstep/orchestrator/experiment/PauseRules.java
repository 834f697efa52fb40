package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.HandBack;
import dev.fewstep.schemas.state.LeaseRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.Want;
import java.util.Optional;

/** What becomes of tasks that only paused experiments want. */
final class PauseRules {
  /** Withdraws published attempts that nobody has started and that only paused ones want. */
  void advance(Draft draft) {
    for (TaskAge age : draft.state().index().published()) {
      draft
          .task(age.key())
          .filter(TaskRecord::published)
          .filter(task -> !startable(draft, task))
          .ifPresent(
              task -> {
                TaskRecord held =
                    draft.move(
                        task,
                        Transition.Trigger.HELD,
                        task.edit().dispatchDeadline(Optional.empty()).nextAttempt());
                draft.control(held);
                draft.more();
              });
    }
  }

  /** Whether an experiment that is neither withdrawn nor paused wants the task. */
  static boolean startable(Draft draft, TaskRecord task) {
    for (Want want : task.wants()) {
      if (want.settled().isEmpty()
          && draft.experiment(want.experimentId()).map(ExperimentRecord::live).orElse(false)) {
        return true;
      }
    }
    return false;
  }

  /** Asks for the running tasks of an experiment that no live one wants; says how many. */
  static int handBack(Draft draft, String experimentId) {
    int asked = 0;
    for (LeaseRecord lease : draft.state().leases()) {
      Optional<TaskRecord> running =
          draft
              .task(lease.taskKey())
              .filter(task -> task.state() == TaskState.RUNNING)
              .filter(
                  task ->
                      task.want(experimentId).map(want -> want.settled().isEmpty()).orElse(false))
              .filter(task -> !startable(draft, task));
      if (running.isPresent()
          && draft.handBack(
              running.get(),
              HandBack.Cause.PAUSED,
              "every experiment that wants it is paused or withdrawn")) {
        asked++;
      }
    }
    return asked;
  }
}
