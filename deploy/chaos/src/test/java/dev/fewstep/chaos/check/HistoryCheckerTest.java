package dev.fewstep.chaos.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.state.InboxPosition;
import dev.fewstep.schemas.state.LeaderRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskOrigin;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TaskResult;
import dev.fewstep.schemas.state.Want;
import dev.fewstep.schemas.state.WorkerRecord;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Histories as they must not be, each of which the checker has to notice. */
class HistoryCheckerTest {
  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");
  private static final String KEY = Digests.sha256Hex("task");
  private static final UUID FIRST = new UUID(0, 1);
  private static final UUID SECOND = new UUID(0, 2);
  private static final UUID WORKER = new UUID(1, 1);

  private final Findings findings = new Findings();
  private final HistoryChecker checker = new HistoryChecker(findings);
  private long offset;

  private static TaskRecord pending(String key, List<String> needs) {
    return TaskRecord.created(
        key,
        TaskKind.FINETUNE,
        new TaskOrigin("experiment", 0),
        Want.live("experiment"),
        needs,
        "cpu",
        AT);
  }

  private static TaskRecord queued(String key) {
    return pending(key, List.of()).edit().state(TaskState.QUEUED).build();
  }

  private static TaskRecord published(String key) {
    return queued(key).edit().dispatchDeadline(Optional.of(AT.plusSeconds(5))).build();
  }

  private static TaskRecord running(UUID execution) {
    return queued(KEY).edit().state(TaskState.RUNNING).execution(execution, WORKER, AT).build();
  }

  private static TaskRecord succeeded(UUID execution, String content) {
    return running(execution)
        .edit()
        .state(TaskState.SUCCEEDED)
        .finishedAt(AT)
        .result(new TaskResult(1, execution, manifest(content), Map.of("nfe", 2.0), Map.of(), 0.1))
        .build();
  }

  private static List<Artifact> manifest(String content) {
    return List.of(
        new Artifact(ArtifactKind.WEIGHTS, "weights.safetensors", 3, Digests.sha256Hex(content)));
  }

  private static Report.Succeeded report(UUID execution, String content) {
    return new Report.Succeeded(
        AT, KEY, 1, execution, manifest(content), Map.of("nfe", 2.0), Map.of(), 0.1);
  }

  private void state(TaskRecord task) {
    state(StateRecord.of(task));
  }

  private void state(StateRecord change) {
    checker.state(offset++, AT, change);
  }

  private void commit() {
    state(StateRecord.of(new InboxPosition(offset)));
  }

  private void idleWorker(UUID id) {
    state(
        StateRecord.of(
            new WorkerRecord(id, "cpu", "cpu", 1, Map.of(), Optional.empty(), true, AT, false)));
    commit();
  }

  private void broken(Invariant... invariants) {
    assertThat(findings.violations())
        .extracting(Violation::invariant)
        .containsExactlyInAnyOrder(invariants);
  }

  @Test
  void a_history_as_it_should_be_is_fine() {
    idleWorker(WORKER);
    state(pending(KEY, List.of()));
    state(published(KEY));
    commit();
    state(running(FIRST));
    checker.control(0, new ControlMessage(KEY, 1, Optional.of(FIRST), false));
    checker.inbox(report(FIRST, "weights"));
    state(succeeded(FIRST, "weights"));
    commit();
    checker.end();

    broken();
    assertThat(checker.ended()).isEqualTo(1);
    assertThat(findings.checked(Invariant.NOTHING_LOST)).isEqualTo(1);
    assertThat(findings.checked(Invariant.RESULT_WAS_REPORTED)).isEqualTo(1);
  }

  @Test
  void a_task_without_an_end_is_lost() {
    state(running(FIRST));
    checker.end();

    broken(Invariant.NOTHING_LOST);
  }

  @Test
  void a_second_success_counts_twice() {
    checker.inbox(report(FIRST, "weights"));
    checker.inbox(report(SECOND, "weights"));
    state(succeeded(FIRST, "weights"));
    state(succeeded(SECOND, "weights"));

    broken(Invariant.NOTHING_DOUBLE);
  }

  @Test
  void a_result_that_changes_after_it_was_accepted_is_noticed() {
    checker.inbox(report(FIRST, "weights"));
    state(succeeded(FIRST, "weights"));
    state(succeeded(FIRST, "other weights"));
    checker.end();

    broken(Invariant.NOTHING_DOUBLE, Invariant.RESULT_WAS_REPORTED);
  }

  @Test
  void a_result_nobody_reported_is_noticed() {
    state(succeeded(FIRST, "weights"));
    checker.end();

    broken(Invariant.RESULT_WAS_REPORTED);
  }

  @Test
  void an_attempt_with_two_executions_is_noticed() {
    state(running(FIRST));
    state(running(SECOND));

    broken(Invariant.ONE_EXECUTION);
  }

  @Test
  void control_may_not_name_two_executions_either() {
    checker.control(0, new ControlMessage(KEY, 1, Optional.of(FIRST), false));
    checker.control(1, new ControlMessage(KEY, 1, Optional.of(SECOND), false));

    broken(Invariant.ONE_EXECUTION);
  }

  @Test
  void an_end_that_is_none_is_noticed() {
    state(queued(KEY).edit().state(TaskState.CANCELLED).build());
    state(queued(KEY));

    broken(Invariant.TERMINAL_IS_TERMINAL);
  }

  @Test
  void a_success_that_is_run_again_is_noticed() {
    state(succeeded(FIRST, "weights"));
    state(succeeded(FIRST, "weights").edit().newGeneration().build());

    broken(Invariant.SUCCESS_STAYS);
  }

  @Test
  void a_failure_may_be_tried_anew() {
    state(queued(KEY).edit().state(TaskState.CANCELLED).build());
    state(queued(KEY).edit().state(TaskState.CANCELLED).newGeneration().build());

    broken();
  }

  @Test
  void attempts_may_not_fall() {
    state(queued(KEY).edit().nextAttempt().build());
    state(queued(KEY));

    broken(Invariant.ATTEMPTS_RISE);
  }

  @Test
  void a_start_before_the_task_that_it_needs_is_noticed() {
    String needed = Digests.sha256Hex("needed");
    state(pending(needed, List.of()));
    TaskRecord task = pending(KEY, List.of(needed));
    state(task.edit().state(TaskState.RUNNING).execution(FIRST, WORKER, AT).build());

    broken(Invariant.DEPENDENCIES_FIRST);
  }

  @Test
  void more_published_than_idle_workers_is_noticed() {
    idleWorker(WORKER);
    state(published(KEY));
    commit();
    broken();

    state(published(Digests.sha256Hex("another")));
    commit();
    broken(Invariant.CREDIT);
  }

  @Test
  void terms_and_positions_may_not_fall_nor_terms_be_left_out() {
    state(StateRecord.of(new LeaderRecord(1, AT)));
    state(StateRecord.of(new LeaderRecord(2, AT)));
    state(StateRecord.of(new InboxPosition(5)));
    state(StateRecord.of(new InboxPosition(5)));
    broken();

    state(StateRecord.of(new LeaderRecord(4, AT)));
    state(StateRecord.of(new InboxPosition(4)));
    broken(Invariant.INBOX_IN_ORDER, Invariant.INBOX_IN_ORDER);
  }

  @Test
  void who_held_what_and_when_is_kept() {
    state(running(FIRST));
    checker.state(
        offset++,
        AT.plusSeconds(7),
        StateRecord.of(running(FIRST).edit().state(TaskState.QUEUED).nextAttempt().build()));

    assertThat(checker.runs())
        .containsExactly(new Run(KEY, 1, WORKER.toString(), AT, Optional.of(AT.plusSeconds(7))));
  }
}
