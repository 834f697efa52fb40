package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import java.time.Instant;
import java.util.Optional;

/**
 * Begins what had failed by the time that a person asked for it anew; so many tasks in one
 * decision. What a task needs is begun before it, so that it does not fail again through that; what
 * fails again afterwards stays failed.
 */
final class RetryFailedRules {
  private final Settings settings;

  RetryFailedRules(Settings settings) {
    this.settings = settings;
  }

  void advance(Draft draft) {
    int left = settings.moveChunk();
    for (String id : draft.state().experimentIdsOldestFirst()) {
      Optional<ExperimentRecord> asked =
          draft.experiment(id).filter(experiment -> experiment.retryAt().isPresent());
      if (asked.isPresent()) {
        left = retry(draft, asked.get(), left);
      }
    }
  }

  private static int retry(Draft draft, ExperimentRecord experiment, int limit) {
    int left = limit;
    if (!experiment.withdrawn()) {
      for (TaskAge age : draft.state().experimentFold(experiment.id()).orElseThrow().failed()) {
        Optional<TaskRecord> due = draft.task(age.key()).filter(task -> due(task, experiment));
        if (due.isPresent()) {
          if (left <= 0) {
            draft.more();
            return left;
          }
          left -= again(draft, experiment, due.get());
        }
      }
    }
    draft.put(StateRecord.of(experiment.edit().retryAt(Optional.empty()).build()));
    draft.more();
    return left;
  }

  /** Whether it had failed, as the experiment sees it, when the retry was asked for. */
  private static boolean due(TaskRecord task, ExperimentRecord experiment) {
    Instant asked = experiment.retryAt().orElseThrow();
    return task.want(experiment.id())
        .filter(want -> want.view(task.state()) == TaskState.FAILED)
        .map(
            want ->
                want.settled().isPresent()
                    || task.finishedAt().map(end -> !end.isAfter(asked)).orElse(true))
        .orElse(false);
  }

  /** Whether it has no result and nobody makes one, whatever the experiment saw of it before. */
  private static boolean hasEndedWithout(TaskRecord task) {
    return task.state() == TaskState.CANCELLED || task.state() == TaskState.FAILED;
  }

  private static int again(Draft draft, ExperimentRecord experiment, TaskRecord task) {
    int begun = 1;
    for (String key : task.dependsOn()) {
      Optional<TaskRecord> upstream =
          draft.task(key).filter(needed -> due(needed, experiment) || hasEndedWithout(needed));
      if (upstream.isPresent()) {
        begun += again(draft, experiment, upstream.get());
      }
    }
    PlanningRules.join(draft, experiment, task, Optional.empty());
    return begun;
  }
}
