package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.state.CheckpointRef;
import dev.fewstep.schemas.state.ClaimRecord;
import dev.fewstep.schemas.state.DeviceClassRecord;
import dev.fewstep.schemas.state.LeaseRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskFailure;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TaskResult;
import dev.fewstep.schemas.state.WorkerRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What workers say. Progress and failure count only from the execution that holds the current
 * attempt; success counts from any, once its manifest is verified.
 */
final class ReportRules {
  private static final int RENEWALS_PER_LEASE = 6;

  private final Settings settings;
  private final RetryRules retries;

  ReportRules(Settings settings, RetryRules retries) {
    this.settings = settings;
    this.retries = retries;
  }

  void handle(Draft draft, Report report) {
    if (report instanceof Report.Presence presence) {
      presence(draft, presence);
    } else if (report instanceof Report.Started started) {
      started(draft, started);
    } else if (report instanceof Report.Heartbeat heartbeat) {
      current(draft, heartbeat)
          .ifPresent(task -> renew(draft, task, heartbeat.step(), heartbeat.totalSteps()));
    } else if (report instanceof Report.Checkpointed checkpointed) {
      current(draft, checkpointed).ifPresent(task -> checkpointed(draft, task, checkpointed));
    } else if (report instanceof Report.Succeeded succeeded) {
      succeeded(draft, succeeded);
    } else if (report instanceof Report.Failed failed) {
      failed(draft, failed);
    } else {
      released(draft, (Report.Released) report);
    }
  }

  private void presence(Draft draft, Report.Presence presence) {
    Optional<WorkerRecord> known = draft.worker(presence.workerId());
    WorkerRecord worker =
        new WorkerRecord(
            presence.workerId(),
            presence.deviceClass(),
            presence.device(),
            presence.memoryBytes(),
            presence.versions(),
            presence.executionId(),
            presence.accepting(),
            draft.recordTime(),
            known.map(WorkerRecord::draining).orElse(false));
    boolean same =
        known
            .map(old -> old.holding(old.executionId(), worker.seenAt()).equals(worker))
            .orElse(false);
    if (!same || due(known.orElseThrow().seenAt(), settings.presence(), draft)) {
      draft.put(StateRecord.of(worker));
    }
    if (draft.state().deviceClass(presence.deviceClass()).isEmpty()) {
      draft.put(StateRecord.of(new DeviceClassRecord(presence.deviceClass(), draft.recordTime())));
    }
    presence
        .executionId()
        .flatMap(draft.state()::taskHeldBy)
        .flatMap(draft::task)
        .filter(task -> task.executionId().equals(presence.executionId()))
        .ifPresent(task -> renew(draft, task, 0, 0));
  }

  private static boolean due(Instant since, Duration bound, Draft draft) {
    return !since.plus(bound.dividedBy(RENEWALS_PER_LEASE)).isAfter(draft.recordTime());
  }

  private void started(Draft draft, Report.Started report) {
    draft
        .worker(report.workerId())
        .filter(worker -> !worker.executionId().equals(Optional.of(report.executionId())))
        .ifPresent(
            worker ->
                draft.put(
                    StateRecord.of(
                        worker.holding(Optional.of(report.executionId()), draft.recordTime()))));
    Optional<TaskRecord> known = draft.task(report.taskKey());
    if (known.isEmpty()) {
      return;
    }
    TaskRecord task = known.get();
    boolean takes = task.state() == TaskState.QUEUED && task.attempt() == report.attempt();
    if (takes && !fits(draft, task, report.workerId())) {
      task =
          draft.move(
              task,
              Transition.Trigger.UNFIT_WORKER,
              task.edit()
                  .state(TaskState.PENDING)
                  .nextAttempt()
                  .notBefore(draft.recordTime().plus(RetryRules.unfitPause(task))));
    } else if (takes) {
      task =
          draft.move(
              task,
              Transition.Trigger.STARTED,
              task.edit()
                  .state(TaskState.RUNNING)
                  .execution(report.executionId(), report.workerId(), draft.recordTime()));
      draft.put(
          StateRecord.of(
              LeaseRecord.begun(
                  task.key(), task.attempt(), report.executionId(), draft.recordTime())));
      TaskRecord begun = task;
      draft
          .worker(report.workerId())
          .filter(WorkerRecord::draining)
          .ifPresent(worker -> FleetRules.handBack(draft, begun, worker));
    }
    draft.control(task);
  }

  private static boolean fits(Draft draft, TaskRecord task, UUID workerId) {
    long need = MemoryNeed.bytes(task, draft::experiment);
    return draft.worker(workerId).map(worker -> MemoryNeed.fits(need, worker)).orElse(true);
  }

  /** The task, when the report is of the execution that holds it; others are told to stop. */
  private Optional<TaskRecord> current(Draft draft, Report.ExecutionReport report) {
    Optional<TaskRecord> task = draft.task(report.taskKey());
    Optional<TaskRecord> held = task.filter(present -> holds(present, report));
    if (held.isEmpty()) {
      task.ifPresent(draft::control);
    }
    return held;
  }

  private static boolean holds(TaskRecord task, Report.ExecutionReport report) {
    return task.state() == TaskState.RUNNING
        && task.attempt() == report.attempt()
        && task.executionId().equals(Optional.of(report.executionId()));
  }

  private void renew(Draft draft, TaskRecord task, long step, long totalSteps) {
    Optional<LeaseRecord> known = draft.lease(task.key());
    if (known.isEmpty()) {
      return;
    }
    LeaseRecord lease = known.get();
    boolean progress = step > task.furthestStep();
    boolean news =
        step > lease.step() || totalSteps > lease.totalSteps() || (progress && !lease.progressed());
    if (news || due(lease.renewedAt(), settings.lease(), draft)) {
      draft.put(StateRecord.of(lease.renewed(draft.recordTime(), step, totalSteps, progress)));
    }
  }

  private void checkpointed(Draft draft, TaskRecord task, Report.Checkpointed report) {
    renew(draft, task, report.step(), 0);
    boolean further =
        task.checkpoint().map(checkpoint -> report.step() > checkpoint.step()).orElse(true);
    if (further) {
      draft.put(
          StateRecord.of(
              task.edit()
                  .checkpoint(new CheckpointRef(report.step(), report.checkpoint()))
                  .build()));
    }
  }

  private void succeeded(Draft draft, Report.Succeeded report) {
    idle(draft, report.executionId());
    Optional<TaskRecord> known = draft.task(report.taskKey());
    if (known.isEmpty() || report.attempt() > known.get().attempt()) {
      return;
    }
    TaskRecord task = known.get();
    if (task.state().isTerminal()) {
      return;
    }
    List<Report.Succeeded> reports =
        new ArrayList<>(draft.claim(task.key()).map(ClaimRecord::reports).orElse(List.of()));
    boolean repeated =
        reports.stream().anyMatch(other -> other.executionId().equals(report.executionId()));
    if (!repeated) {
      reports.add(report);
      draft.put(StateRecord.of(new ClaimRecord(task.key(), reports)));
      draft.check(new Check.Manifest(report));
    }
  }

  void verified(Draft draft, Input.Verified answer) {
    Report.Succeeded report = answer.report();
    Optional<ClaimRecord> claim = draft.claim(report.taskKey());
    Optional<TaskRecord> known = draft.task(report.taskKey());
    boolean claimed =
        claim
            .map(
                present ->
                    present.reports().stream()
                        .anyMatch(other -> other.executionId().equals(report.executionId())))
            .orElse(false);
    if (!claimed || known.isEmpty() || known.get().state().isTerminal()) {
      return;
    }
    TaskRecord task = known.get();
    if (answer.manifestComplete() && hasWhatItMakes(task.kind(), report)) {
      draft.end(
          task,
          Transition.Trigger.RESULT_ACCEPTED,
          task.edit()
              .state(TaskState.SUCCEEDED)
              .losses(0)
              .result(
                  new TaskResult(
                      report.attempt(),
                      report.executionId(),
                      report.artifacts(),
                      report.scores(),
                      report.provenance(),
                      report.seconds())));
      draft.more();
      return;
    }
    List<Report.Succeeded> others =
        claim.get().reports().stream()
            .filter(other -> !other.executionId().equals(report.executionId()))
            .toList();
    draft.put(
        others.isEmpty()
            ? StateRecord.noClaim(task.key())
            : StateRecord.of(new ClaimRecord(task.key(), others)));
    if (holds(task, report)) {
      retries.attemptFailed(
          draft,
          task,
          new TaskFailure(
              TaskFailure.Cause.INCOMPLETE_MANIFEST,
              Optional.of(FailureCode.STORE_UNAVAILABLE),
              "success was reported, but not every artifact of the manifest is in the store",
              List.of(),
              task.attempt(),
              draft.recordTime()));
    }
  }

  /** Whether the manifest has the artifact that dependants of such a task read. */
  private static boolean hasWhatItMakes(TaskKind kind, Report.Succeeded report) {
    Optional<ArtifactKind> made =
        switch (kind) {
          case REFERENCE -> Optional.of(ArtifactKind.STATISTICS);
          case PRETRAIN, FINETUNE -> Optional.of(ArtifactKind.WEIGHTS);
          case EVALUATE -> Optional.empty();
        };
    return made.map(wanted -> report.artifacts().stream().anyMatch(file -> file.kind() == wanted))
        .orElse(true);
  }

  private void failed(Draft draft, Report.Failed report) {
    idle(draft, report.executionId());
    current(draft, report)
        .ifPresent(
            task ->
                retries.attemptFailed(
                    draft,
                    task,
                    new TaskFailure(
                        TaskFailure.Cause.REPORTED,
                        Optional.of(report.code()),
                        report.message(),
                        report.logTail(),
                        report.attempt(),
                        draft.recordTime())));
  }

  private void released(Draft draft, Report.Released report) {
    idle(draft, report.executionId());
    current(draft, report).ifPresent(task -> retries.handedBack(draft, task));
  }

  /** The worker that held the execution is free, whatever came of it. */
  private static void idle(Draft draft, UUID executionId) {
    draft.workers().stream()
        .filter(worker -> worker.executionId().equals(Optional.of(executionId)))
        .forEach(
            worker ->
                draft.put(StateRecord.of(worker.holding(Optional.empty(), draft.recordTime()))));
  }
}
