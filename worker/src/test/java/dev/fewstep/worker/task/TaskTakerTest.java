package dev.fewstep.worker.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.message.WorkerOrder;
import dev.fewstep.telemetry.Traces;
import dev.fewstep.worker.ops.WorkerMetrics;
import dev.fewstep.worker.task.program.StopSignal;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Takers against a real broker, with tasks that compute nothing. */
class TaskTakerTest {
  @TempDir static Path data;
  private static LeaderSide leader;
  private static int classes;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final List<String> ran = new CopyOnWriteArrayList<>();
  private final AtomicBoolean room = new AtomicBoolean(true);

  @BeforeAll
  static void start() throws Exception {
    leader =
        new LeaderSide(
            data, "c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9", "c10", "c11");
  }

  @AfterAll
  static void stop() {
    leader.close();
  }

  @AfterEach
  void close() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
  }

  /** A device class that no other test uses. */
  private static String nextClass() {
    return "c" + classes++;
  }

  private static String key(String name) {
    return Digests.sha256Hex(name);
  }

  private static TaskMessage task(String name, int attempt) {
    return new TaskMessage(
        key(name),
        attempt,
        TaskKind.EVALUATE,
        JsonNodeFactory.instance.objectNode(),
        Map.of(),
        Optional.empty(),
        "test",
        Instant.now());
  }

  private TaskTaker worker(String deviceClass, Function<RunningTask, Outcome> runner) {
    return worker(deviceClass, runner, Shift.untilStopped(), () -> {});
  }

  private TaskTaker worker(
      String deviceClass, Function<RunningTask, Outcome> runner, Shift shift, Runnable end) {
    UUID id = UUID.randomUUID();
    WorkerMetrics metrics = register(new WorkerMetrics(deviceClass, Map.of()));
    ControlView view = new ControlView();
    TaskReporter reporter = register(new TaskReporter(leader.kafka(), id, metrics));
    ControlTail tail = register(ControlTail.start(leader.kafka(), id, view, metrics));
    Pulse.Intervals intervals =
        new Pulse.Intervals(Duration.ofMillis(200), Duration.ofMillis(100), Duration.ofMillis(100));
    Pulse pulse =
        register(
            Pulse.start(
                reporter,
                new WorkerIdentity(id, deviceClass, "cpu", 1, Map.of("fewstep", "test")),
                intervals,
                () -> {},
                Clock.systemUTC()));
    TaskTaker taker =
        register(
            new TaskTaker(
                leader.kafka(),
                tail,
                view,
                reporter,
                pulse,
                task -> {
                  ran.add(task.message().taskKey());
                  return runner.apply(task);
                },
                room::get,
                Clock.systemUTC(),
                Traces.off()));
    taker.start(shift, end);
    return taker;
  }

  private <T extends AutoCloseable> T register(T resource) {
    open.add(resource);
    return resource;
  }

  private static Outcome success() {
    return new Outcome.Success(List.of(), Map.of("nfe", 5.0), Map.of("device", "cpu"));
  }

  private static StopSignal.Request untilStopped(RunningTask task) {
    while (task.request() == StopSignal.Request.CONTINUE) {
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    return task.request();
  }

  @Test
  void reportsStartHeartbeatsPointsAndSuccess() throws InterruptedException {
    String deviceClass = nextClass();
    CountDownLatch seen = new CountDownLatch(1);
    worker(
        deviceClass,
        task -> {
          task.progress(3, 7);
          task.point("loss", 3, 0.5);
          await(seen);
          return success();
        });
    leader.publish(deviceClass, task("a", 1));
    Report.Started started = leader.await(Report.Started.class, s -> s.taskKey().equals(key("a")));
    assertThat(started.attempt()).isEqualTo(1);
    leader.await(
        Report.Heartbeat.class,
        h -> h.executionId().equals(started.executionId()) && h.step() == 3 && h.totalSteps() == 7);
    leader.await(
        Report.Presence.class,
        p -> p.executionId().equals(Optional.of(started.executionId())) && p.accepting());
    seen.countDown();
    Report.Succeeded succeeded =
        leader.await(Report.Succeeded.class, s -> s.taskKey().equals(key("a")));
    assertThat(succeeded.executionId()).isEqualTo(started.executionId());
    assertThat(succeeded.scores()).containsEntry("nfe", 5.0);
    int before = leader.all(Report.Presence.class).size();
    leader.await(
        Report.Presence.class,
        p ->
            p.workerId().equals(started.workerId())
                && p.executionId().isEmpty()
                && leader.all(Report.Presence.class).size() > before);
    assertThat(leader.metrics())
        .anySatisfy(
            batch -> {
              assertThat(batch.executionId()).isEqualTo(started.executionId());
              assertThat(batch.points()).singleElement().extracting("value").isEqualTo(0.5);
            });
  }

  @Test
  void takesNothingUntilAFullDiskHasRoom() {
    String deviceClass = nextClass();
    room.set(false);
    worker(
        deviceClass,
        task ->
            task.message().taskKey().equals(key("full"))
                ? new Outcome.Failure(FailureCode.DISK_FULL, "The worker's disk is full.")
                : success());
    leader.publish(deviceClass, task("full", 1));
    leader.await(Report.Failed.class, f -> f.taskKey().equals(key("full")));
    leader.publish(deviceClass, task("roomy", 1));
    leader.await(Report.Presence.class, p -> p.executionId().isEmpty() && !p.accepting());
    Instant until = Instant.now().plusSeconds(2);
    leader.await(Report.Presence.class, p -> !p.accepting() && p.at().isAfter(until));
    assertThat(ran).containsExactly(key("full"));
    room.set(true);
    leader.await(Report.Succeeded.class, s -> s.taskKey().equals(key("roomy")));
    assertThat(leader.all(Report.Presence.class)).last().matches(Report.Presence::accepting);
  }

  @Test
  void reportsAFailure() {
    String deviceClass = nextClass();
    worker(
        deviceClass,
        task -> {
          task.log("about to fail");
          return new Outcome.Failure(FailureCode.NOT_FINITE, "The loss was not finite at step 3.");
        });
    leader.publish(deviceClass, task("f", 2));
    Report.Failed failed = leader.await(Report.Failed.class, f -> f.taskKey().equals(key("f")));
    assertThat(failed.code()).isEqualTo(FailureCode.NOT_FINITE);
    assertThat(failed.attempt()).isEqualTo(2);
    assertThat(failed.logTail()).singleElement().asString().endsWith("about to fail");
  }

  @Test
  void skipsWhatIsWithdrawnOrNotCurrent() {
    String deviceClass = nextClass();
    leader.publish(
        deviceClass,
        task("withdrawn", 1),
        new ControlMessage(key("withdrawn"), 1, Optional.empty(), true));
    leader.publish(
        deviceClass,
        task("older", 1),
        new ControlMessage(key("older"), 2, Optional.empty(), false));
    leader.publish(
        deviceClass,
        task("held", 1),
        new ControlMessage(key("held"), 1, Optional.of(UUID.randomUUID()), false));
    leader.publishGarbage(deviceClass);
    leader.publish(deviceClass, task("wanted", 1));
    worker(deviceClass, task -> success());
    leader.await(Report.Succeeded.class, s -> s.taskKey().equals(key("wanted")));
    assertThat(ran).containsExactly(key("wanted"));
    assertThat(leader.all(Report.Started.class))
        .noneMatch(s -> s.taskKey().equals(key("withdrawn")))
        .noneMatch(s -> s.taskKey().equals(key("older")))
        .noneMatch(s -> s.taskKey().equals(key("held")));
  }

  @Test
  void stopsWithoutAReportWhenAnotherExecutionIsBound() {
    String deviceClass = nextClass();
    List<StopSignal.Request> requests = new CopyOnWriteArrayList<>();
    worker(
        deviceClass,
        task -> {
          if (task.message().taskKey().equals(key("second"))) {
            return success();
          }
          requests.add(untilStopped(task));
          return new Outcome.Stopped(false);
        });
    leader.publish(deviceClass, task("bound", 1));
    Report.Started started =
        leader.await(Report.Started.class, s -> s.taskKey().equals(key("bound")));
    leader.control(new ControlMessage(key("bound"), 1, Optional.of(started.executionId()), false));
    leader.control(new ControlMessage(key("bound"), 1, Optional.of(UUID.randomUUID()), false));
    leader.publish(deviceClass, task("second", 1));
    leader.await(Report.Succeeded.class, s -> s.taskKey().equals(key("second")));
    assertThat(requests).containsExactly(StopSignal.Request.ABANDON);
    assertThat(leader.all(Report.Released.class)).noneMatch(r -> r.taskKey().equals(key("bound")));
    assertThat(leader.all(Report.Failed.class)).noneMatch(r -> r.taskKey().equals(key("bound")));
  }

  @Test
  void handsTheTaskBackWhenDrained() throws InterruptedException {
    String deviceClass = nextClass();
    TaskTaker taker =
        worker(
            deviceClass,
            task -> new Outcome.Stopped(untilStopped(task) == StopSignal.Request.RELEASE));
    leader.publish(deviceClass, task("drained", 1));
    Report.Started started =
        leader.await(Report.Started.class, s -> s.taskKey().equals(key("drained")));
    taker.drain();
    Report.Released released =
        leader.await(Report.Released.class, r -> r.taskKey().equals(key("drained")));
    assertThat(released.executionId()).isEqualTo(started.executionId());
    leader.await(
        Report.Presence.class,
        p ->
            p.workerId().equals(started.workerId()) && !p.accepting() && p.executionId().isEmpty());
    assertThat(taker.awaitEnd(LeaderSide.PATIENCE)).isTrue();
    leader.publish(deviceClass, task("after", 1));
    worker(deviceClass, task -> success());
    leader.await(Report.Succeeded.class, s -> s.taskKey().equals(key("after")));
    assertThat(ran).containsExactly(key("drained"), key("after"));
  }

  @Test
  void endsByItselfAfterItsLastTaskAndLeavesTheOthers() throws InterruptedException {
    String deviceClass = nextClass();
    CountDownLatch ended = new CountDownLatch(1);
    CountDownLatch left = new CountDownLatch(1);
    Shift shift = new Shift(2, Optional.empty());
    TaskTaker taker =
        worker(
            deviceClass,
            task -> {
              if (task.message().taskKey().equals(key("last"))) {
                await(left);
              }
              return success();
            },
            shift,
            ended::countDown);
    leader.publish(deviceClass, task("first", 1));
    leader.await(Report.Succeeded.class, s -> s.taskKey().equals(key("first")));
    leader.publish(deviceClass, task("last", 1));
    leader.publish(deviceClass, task("left", 1));
    Report.Started last = leader.await(Report.Started.class, s -> s.taskKey().equals(key("last")));
    leader.await(
        Report.Presence.class,
        p -> p.executionId().equals(Optional.of(last.executionId())) && !p.accepting());
    assertThat(ended.getCount()).isOne();
    left.countDown();
    leader.await(Report.Succeeded.class, s -> s.taskKey().equals(key("last")));
    await(ended);
    assertThat(taker.awaitEnd(LeaderSide.PATIENCE)).isTrue();
    assertThat(taker.isAlive()).as("over is not dead").isTrue();
    assertThat(ran).containsExactly(key("first"), key("last"));
    worker(deviceClass, task -> success());
    leader.await(Report.Succeeded.class, s -> s.taskKey().equals(key("left")));
    assertThat(leader.all(Report.Started.class))
        .filteredOn(s -> s.taskKey().equals(key("left")))
        .hasSize(1);
  }

  @Test
  void endsByItselfWhenThereIsNothingToDo() throws InterruptedException {
    String deviceClass = nextClass();
    CountDownLatch ended = new CountDownLatch(1);
    Shift shift = new Shift(0, Optional.of(Duration.ofMillis(1)));
    TaskTaker taker = worker(deviceClass, task -> success(), shift, ended::countDown);
    await(ended);
    assertThat(taker.awaitEnd(LeaderSide.PATIENCE)).isTrue();
    leader.publish(deviceClass, task("too-late", 1));
    worker(deviceClass, task -> success());
    leader.await(Report.Succeeded.class, s -> s.taskKey().equals(key("too-late")));
    assertThat(ran).containsExactly(key("too-late"));
  }

  @Test
  void aShiftIsOverAfterItsTasksOrItsIdleTime() {
    assertThat(Shift.untilStopped().isOver(1_000_000, Duration.ofDays(1000))).isFalse();
    assertThat(new Shift(3, Optional.empty()).isOver(2, Duration.ofDays(1))).isFalse();
    assertThat(new Shift(3, Optional.empty()).isOver(3, Duration.ZERO)).isTrue();
    Shift idle = new Shift(0, Optional.of(Duration.ofMinutes(5)));
    assertThat(idle.isOver(9, Duration.ofSeconds(299))).isFalse();
    assertThat(idle.isOver(0, Duration.ofMinutes(5))).isTrue();
    assertThatIllegalArgumentException().isThrownBy(() -> new Shift(-1, Optional.empty()));
    assertThatIllegalArgumentException().isThrownBy(() -> new Shift(0, Optional.of(Duration.ZERO)));
  }

  @Test
  void handsBackWhatControlAsksForAndGoesOnTaking() {
    String deviceClass = nextClass();
    worker(
        deviceClass,
        task ->
            task.message().taskKey().equals(key("next"))
                ? success()
                : new Outcome.Stopped(untilStopped(task) == StopSignal.Request.RELEASE));
    leader.publish(deviceClass, task("asked-back", 1));
    Report.Started started =
        leader.await(Report.Started.class, s -> s.taskKey().equals(key("asked-back")));
    leader.control(
        new ControlMessage(key("asked-back"), 1, Optional.of(started.executionId()), false, true));
    Report.Released released =
        leader.await(Report.Released.class, r -> r.taskKey().equals(key("asked-back")));
    assertThat(released.executionId()).isEqualTo(started.executionId());
    leader.publish(deviceClass, task("next", 1));
    leader.await(Report.Succeeded.class, s -> s.taskKey().equals(key("next")));
  }

  @Test
  void takesNothingWhileItIsOrderedToDrain() {
    String deviceClass = nextClass();
    CountDownLatch done = new CountDownLatch(1);
    worker(
        deviceClass,
        task -> {
          await(done);
          return success();
        });
    leader.publish(deviceClass, task("held-while-ordered", 1));
    UUID drained =
        leader
            .await(Report.Started.class, s -> s.taskKey().equals(key("held-while-ordered")))
            .workerId();
    leader.order(new WorkerOrder(drained, true));
    leader.await(Report.Presence.class, p -> p.workerId().equals(drained) && !p.accepting());
    done.countDown();
    leader.await(Report.Succeeded.class, s -> s.taskKey().equals(key("held-while-ordered")));
    leader.publish(deviceClass, task("for-another", 1));
    worker(deviceClass, task -> success());
    assertThat(
            leader
                .await(Report.Started.class, s -> s.taskKey().equals(key("for-another")))
                .workerId())
        .isNotEqualTo(drained);
    int before = leader.all(Report.Presence.class).size();
    leader.order(new WorkerOrder(drained, false));
    leader.await(
        Report.Presence.class,
        p ->
            p.workerId().equals(drained)
                && p.accepting()
                && leader.all(Report.Presence.class).size() > before);
    for (int i = 0; ; i++) {
      String name = "after-the-order-" + i;
      leader.publish(deviceClass, task(name, 1));
      UUID taker =
          leader.await(Report.Started.class, s -> s.taskKey().equals(key(name))).workerId();
      if (taker.equals(drained)) {
        break;
      }
      assertThat(i).as("the worker takes tasks again").isLessThan(200);
    }
  }

  @Test
  void aBusyWorkerLeavesTheNextTaskToAnIdleOne() {
    String deviceClass = nextClass();
    CountDownLatch done = new CountDownLatch(1);
    Function<RunningTask, Outcome> runner =
        task -> {
          if (task.message().taskKey().equals(key("long"))) {
            await(done);
          }
          return success();
        };
    worker(deviceClass, runner);
    leader.publish(deviceClass, task("long", 1));
    leader.await(Report.Started.class, s -> s.taskKey().equals(key("long")));
    worker(deviceClass, runner);
    for (int i = 0; i < 5; i++) {
      String name = "short-" + i;
      leader.publish(deviceClass, task(name, 1));
      leader.await(Report.Succeeded.class, s -> s.taskKey().equals(key(name)));
    }
    done.countDown();
    leader.await(Report.Succeeded.class, s -> s.taskKey().equals(key("long")));
    assertThat(ran).hasSize(6);
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(LeaderSide.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("waited in vain");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
