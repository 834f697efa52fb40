package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.state.PastExecution;
import dev.fewstep.schemas.state.TaskRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What goes with a decision: what workers are told, what is renewed, and in which portions. */
class ConsequencesTest {
  private static final String GRID = "{\"sampling.steps\": [3, 4, 5]}";
  private final World world = new World().withInputs();

  private static Decider decider(int moveChunk) {
    return new Decider(
        new Settings(
            Duration.ofSeconds(30),
            Duration.ofHours(1),
            Duration.ofSeconds(30),
            Duration.ofHours(1),
            Duration.ofDays(7),
            3,
            500,
            moveChunk));
  }

  private Decision received(Report report) {
    return world.apply(new Input.Received(report, world.time));
  }

  private Decision tick() {
    return world.apply(new Input.Tick(world.time, false));
  }

  @Test
  void whoeverReportsOfAnAttemptThatCountsNoMoreIsToldSo() {
    world.submit(Specs.spec("e"));
    UUID worker = world.worker();
    World.Execution old = world.start(worker);
    assertThat(world.control.get(old.task().taskKey()).executionId()).contains(old.id());
    world.pass(World.SETTINGS.lease().plusSeconds(1));
    ControlMessage told = new ControlMessage(old.task().taskKey(), 2, Optional.empty(), false);
    assertThat(world.control).containsEntry(old.task().taskKey(), told);
    String key = old.task().taskKey();
    for (Report late :
        List.of(
            new Report.Heartbeat(world.time, key, 1, old.id(), 5, 9),
            new Report.Failed(world.time, key, 1, old.id(), FailureCode.INTERNAL, "m", List.of()),
            new Report.Released(world.time, key, 1, old.id()),
            new Report.Started(world.time, key, 1, old.id(), worker))) {
      assertThat(received(late).controls()).containsExactly(told);
      assertThat(world.task(old).charged()).isZero();
      assertThat(world.task(old).attempt()).isEqualTo(2);
    }
  }

  @Test
  void whatIsPublishedAgainIsToldToWorkersAndAFirstAttemptIsNot() {
    world.submit(Specs.spec("e"));
    UUID worker = world.id();
    Decision first =
        received(
            new Report.Presence(
                world.time, worker, "cpu", "cpu", 1, Map.of(), Optional.empty(), true));
    assertThat(first.tasks()).isEmpty();
    first = tick();
    assertThat(first.tasks()).hasSize(1);
    assertThat(first.controls()).isEmpty();
    World.Execution execution = world.start(worker);
    world.release(execution);
    assertThat(world.state.worker(worker).orElseThrow().idle()).as("free at once").isTrue();
    TaskRecord again = world.task(execution);
    assertThat(again.attempt()).isEqualTo(2);
    assertThat(world.state.lease(again.key())).isEmpty();
    world.control.clear();
    world.published.clear();
    world.pass(World.SETTINGS.dispatch().plusSeconds(1));
    for (int i = 0; i < 8; i++) {
      world.presence(world.id(), Optional.empty(), true);
    }
    assertThat(world.published)
        .anyMatch(task -> task.taskKey().equals(again.key()) && task.attempt() == 2);
    assertThat(world.control.get(again.key()))
        .isEqualTo(new ControlMessage(again.key(), 2, Optional.empty(), false));
  }

  @Test
  void executionsThatEndedWithoutSuccessAreRememberedAndNotMoreThanTen() {
    String id =
        world.submit(
            Specs.withPolicy("e", "{\"retry\": {\"maxAttempts\": 3, \"backoff\": \"PT1S\"}}"));
    UUID worker = world.worker();
    World.Execution first = world.start(worker);
    String key = first.task().taskKey();
    Instant began = world.time;
    world.time = world.time.plusSeconds(7);
    world.fail(first, FailureCode.OUT_OF_MEMORY);
    World.Execution silent = again(key);
    world.pass(World.SETTINGS.lease().plusSeconds(1));
    World.Execution stopped = again(key);
    world.release(stopped);
    assertThat(world.task(first).past())
        .extracting(PastExecution::attempt, PastExecution::executionId, PastExecution::end)
        .containsExactly(
            tuple(1, first.id(), PastExecution.End.FAILED),
            tuple(2, silent.id(), PastExecution.End.LOST),
            tuple(3, stopped.id(), PastExecution.End.HANDED_BACK));
    PastExecution failed = world.task(first).past().get(0);
    assertThat(failed.startedAt()).isEqualTo(began);
    assertThat(failed.endedAt()).isEqualTo(began.plusSeconds(7));
    assertThat(failed.why()).isEqualTo("it broke");
    assertThat(world.task(first).past().get(2).why()).isEqualTo("its worker was stopped");

    for (int i = 0; i < 12; i++) {
      world.release(again(key));
    }
    assertThat(world.task(first).past()).hasSize(PastExecution.MOST);
    World.Execution last = again(key);
    world.cancel(id);
    List<PastExecution> past = world.task(first).past();
    assertThat(past.get(past.size() - 1).executionId()).isEqualTo(last.id());
    assertThat(past.get(past.size() - 1).end()).isEqualTo(PastExecution.End.WITHDRAWN);
    assertThat(world.replayed().task(key).orElseThrow().past()).isEqualTo(past);
  }

  /** The next execution of a task, by a worker that is new. */
  private World.Execution again(String key) {
    for (int i = 0; i < 50; i++) {
      world.pass(Duration.ofSeconds(5));
      UUID worker = world.worker();
      while (!world.published.isEmpty()) {
        var task = world.published.removeFirst();
        if (task.taskKey().equals(key)
            && task.attempt() == world.state.task(key).orElseThrow().attempt()) {
          return world.start(task, worker);
        }
      }
    }
    throw new AssertionError("it is never published again: " + key);
  }

  @Test
  void aFailedAttemptGivesItsLeaseBackAndIsToldSo() {
    world.submit(Specs.spec("e"));
    World.Execution execution = world.start(world.worker());
    String key = execution.task().taskKey();
    world.fail(execution, FailureCode.INTERNAL);
    assertThat(world.state.lease(key)).isEmpty();
    assertThat(world.control.get(key))
        .isEqualTo(new ControlMessage(key, 2, Optional.empty(), false));
    world.pass(World.SETTINGS.lease().multipliedBy(3));
    assertThat(world.task(execution).losses()).as("no lease is left to lose").isZero();
  }

  @Test
  void aPresenceIsWrittenWhenItIsNewsOrDue() {
    UUID worker = world.worker();
    assertThat(received(idle(worker)).changes()).as("nothing new").isEmpty();
    world.time = world.time.plus(World.SETTINGS.presence().dividedBy(6).minusMillis(1));
    assertThat(received(idle(worker)).changes()).as("not yet due").isEmpty();
    world.time = world.time.plusMillis(1);
    assertThat(received(idle(worker)).changes()).hasSize(1);
    assertThat(world.state.worker(worker).orElseThrow().seenAt()).isEqualTo(world.time);
    Report.Presence leaving =
        new Report.Presence(
            world.time, worker, "cpu", "cpu", 1L << 30, Map.of(), Optional.empty(), false);
    assertThat(received(leaving).changes()).as("it leaves").hasSize(1);
  }

  private Report.Presence idle(UUID worker) {
    return new Report.Presence(
        world.time, worker, "cpu", "cpu", 1L << 30, Map.of(), Optional.empty(), true);
  }

  @Test
  void aHeartbeatWithoutNewsIsWrittenWhenItIsDue() {
    world.submit(Specs.spec("e"));
    World.Execution execution = world.start(world.worker());
    String key = execution.task().taskKey();
    world.heartbeat(execution, 5);
    Report.Heartbeat same = new Report.Heartbeat(world.time, key, 1, execution.id(), 5, 100);
    assertThat(received(same).changes()).isEmpty();
    world.time = world.time.plus(World.SETTINGS.lease().dividedBy(6).minusMillis(1));
    assertThat(received(same).changes()).isEmpty();
    world.time = world.time.plusMillis(1);
    assertThat(received(same).changes()).hasSize(1);
    assertThat(world.state.lease(key).orElseThrow().renewedAt()).isEqualTo(world.time);
  }

  @Test
  void aPresenceThatNamesAnotherExecutionKeepsNoLease() {
    world.submit(Specs.spec("e"));
    UUID worker = world.worker();
    World.Execution execution = world.start(worker);
    String key = execution.task().taskKey();
    world.time = world.time.plusSeconds(10);
    world.presence(worker, Optional.of(world.id()), true);
    assertThat(world.state.lease(key).orElseThrow().renewedAt()).isBefore(world.time);
    world.presence(worker, Optional.of(execution.id()), true);
    assertThat(world.state.lease(key).orElseThrow().renewedAt()).isEqualTo(world.time);
  }

  @Test
  void tasksAreWithdrawnInPortions() {
    String id = world.submit(Specs.spec("e", GRID, Specs.ONE_SEED, "{}"));
    int all = world.keys(id).size();
    world.decider = decider(2);
    world.apply(
        new Input.Received(new Command.CancelExperiment(world.id(), world.time, id), world.time));
    int left = all;
    while (left > 0) {
      Decision decision = tick();
      int now = (int) world.tasks(id).filter(task -> task.state() != TaskState.CANCELLED).count();
      assertThat(left - now).as("moved at once").isEqualTo(Math.min(2, left));
      left = now;
      assertThat(decision.more()).as("whether more is left of " + left).isEqualTo(left > 0);
    }
  }

  @Test
  void readyTasksAreQueuedInPortions() {
    world.decider = decider(2);
    Command.SubmitExperiment submit =
        new Command.SubmitExperiment(
            world.id(), world.time, "me", Specs.spec("e", GRID, Specs.ONE_SEED, "{}"));
    world.apply(new Input.Received(submit, world.time));
    Decision planned = tick();
    assertThat(planned.more()).isTrue();
    int ready = world.state.index().attention().size();
    assertThat(ready).isGreaterThan(4);
    for (int left = ready; left > 0; left -= Math.min(2, left)) {
      assertThat(world.state.index().attention()).hasSize(left);
      assertThat(tick().more()).isTrue();
    }
    assertThat(world.state.index().attention()).isEmpty();
    assertThat(tick().more()).isFalse();
    assertThat(world.state.queueDepth("cpu").waiting()).isEqualTo(ready);
  }

  @Test
  void failedTasksAreRetriedInPortions() {
    String id =
        world.submit(Specs.spec("e", GRID, Specs.ONE_SEED, "{\"retry\": {\"maxAttempts\": 1}}"));
    UUID worker = world.worker();
    while (!world.published.isEmpty()) {
      world.fail(world.start(worker), FailureCode.NOT_FINITE);
      world.presence(worker, Optional.empty(), true);
    }
    long failed = world.tasks(id).filter(task -> task.state() == TaskState.FAILED).count();
    world.decider = decider(3);
    world.apply(
        new Input.Received(new Command.RetryFailed(world.id(), world.time, id), world.time));
    Set<String> begun = new HashSet<>();
    for (int i = 0; i < 50 && world.state.experiment(id).orElseThrow().retryAt().isPresent(); i++) {
      int before = begun.size();
      assertThat(tick().more()).isTrue();
      world.tasks(id).filter(task -> task.generation() == 2).forEach(t -> begun.add(t.key()));
      assertThat(begun.size() - before).as("begun at once").isLessThanOrEqualTo(3 + 3);
    }
    assertThat(begun).hasSize((int) failed);
    assertThat(world.state.experiment(id).orElseThrow().retryAt()).isEmpty();
  }

  /** What is cancelled fills the portion: what falls due at that very moment is told to be left. */
  @Test
  void aBackoffThatEndsWhenThePortionIsFullIsNotForgotten() {
    String cancelled = world.submit(Specs.spec("c", GRID, Specs.ONE_SEED, "{\"cache\": false}"));
    String tried = world.submit(Specs.spec("e", "{}", Specs.ONE_SEED, "{\"cache\": false}"));
    UUID worker = world.worker();
    World.Execution execution = world.start(worker);
    while (!world.task(execution).origin().experimentId().equals(tried)) {
      world.succeed(execution);
      world.presence(worker, Optional.empty(), true);
      execution = world.start(worker);
    }
    world.fail(execution, FailureCode.INTERNAL);
    Instant end = world.task(execution).notBefore().orElseThrow();
    long open = world.tasks(cancelled).filter(task -> !task.state().isTerminal()).count();
    assertThat(open).isPositive();
    world.decider = decider((int) open);
    world.apply(
        new Input.Received(
            new Command.CancelExperiment(world.id(), world.time, cancelled), world.time));
    world.time = end;
    assertThat(tick().more()).as("a task waits for its turn").isTrue();
    assertThat(world.task(execution).state()).isEqualTo(TaskState.PENDING);
    world.settle();
    assertThat(world.task(execution).state()).isEqualTo(TaskState.QUEUED);
  }

  @Test
  void backoffsAreSpreadAroundTheirLength() {
    world.submit(
        Specs.spec(
            "e",
            GRID,
            Specs.ONE_SEED,
            "{\"retry\": {\"maxAttempts\": 3, \"backoff\": \"PT100S\"}}"));
    List<UUID> workers = List.of(world.worker(), world.worker(), world.worker(), world.worker());
    Set<Duration> lengths = new HashSet<>();
    for (UUID worker : workers) {
      World.Execution execution = world.start(worker);
      world.fail(execution, FailureCode.INTERNAL);
      Duration length =
          Duration.between(world.time, world.task(execution).notBefore().orElseThrow());
      assertThat(length).isBetween(Duration.ofSeconds(75), Duration.ofSeconds(125));
      lengths.add(length);
    }
    assertThat(lengths).hasSize(4);
  }
}
