package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.LeaderRecord;
import dev.fewstep.schemas.state.LeaseRecord;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.WorkerRecord;
import java.util.List;
import java.util.Optional;

/** What is judged by silence, in record time. */
final class LeaseRules {
  private final Settings settings;
  private final RetryRules retries;

  LeaseRules(Settings settings, RetryRules retries) {
    this.settings = settings;
    this.retries = retries;
  }

  /**
   * A new term: every lease, presence and publication counts as fresh, and what the store was asked
   * is asked again.
   */
  void elected(Draft draft) {
    long term = draft.state().leader().map(LeaderRecord::term).orElse(0L) + 1;
    draft.put(StateRecord.of(new LeaderRecord(term, draft.recordTime())));
    draft
        .state()
        .claims()
        .forEach(
            claim -> claim.reports().forEach(report -> draft.check(new Check.Manifest(report))));
    for (String key : draft.state().index().checking()) {
      draft.task(key).ifPresent(task -> draft.check(PlanningRules.cacheCheck(task)));
    }
    draft.more();
  }

  /** Judges; never call it while the inbox lags. */
  void advance(Draft draft) {
    for (LeaseRecord lease : draft.state().leases()) {
      if (draft.silent(lease.renewedAt(), settings.lease())
          && draft.claim(lease.taskKey()).isEmpty()) {
        draft
            .task(lease.taskKey())
            .filter(task -> task.state() == TaskState.RUNNING)
            .ifPresent(task -> retries.leaseLost(draft, task));
      }
    }
    for (WorkerRecord worker : draft.state().workers()) {
      if (draft.silent(worker.seenAt(), settings.presence())) {
        draft.put(StateRecord.noWorker(worker.workerId()));
      }
    }
    for (TaskAge age : draft.state().index().published()) {
      draft
          .task(age.key())
          .filter(TaskRecord::published)
          .filter(
              task ->
                  draft.silent(
                      task.dispatchDeadline().orElseThrow().minus(settings.dispatch()),
                      settings.dispatch()))
          .ifPresent(
              task -> {
                draft.move(
                    task,
                    Transition.Trigger.DISPATCH_TIMED_OUT,
                    task.edit().dispatchDeadline(Optional.empty()));
                draft.more();
              });
    }
    List<OutcomeRecord> old =
        draft.state().outcomesBefore(draft.recordTime().minus(settings.outcomeRetention()));
    old.forEach(outcome -> draft.put(StateRecord.noOutcome(outcome.commandId())));
  }
}
