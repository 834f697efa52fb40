package dev.fewstep.worker.task;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.telemetry.TraceKeys;
import dev.fewstep.telemetry.Traceparent;
import dev.fewstep.telemetry.Traces;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes tasks of one device class, one at a time: take, read control, report {@code started}, wait
 * until that is in the inbox, accept, run, report the outcome. The share lock covers the time from
 * take to accept only; from then on the lease keeps the task.
 */
public final class TaskTaker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TaskTaker.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration CONTROL_WAIT = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final KafkaSettings kafka;
  private final ControlTail tail;
  private final ControlView control;
  private final TaskReporter reporter;
  private final Pulse pulse;
  private final Function<RunningTask, Outcome> runner;
  private final BooleanSupplier room;
  private final Clock clock;
  private final Traces traces;
  private final Thread thread;
  private boolean full;
  private Shift shift = Shift.untilStopped();
  private Runnable end = () -> {};
  private int begun;
  private volatile boolean over;
  private volatile boolean stopping;
  private volatile boolean joined;
  private volatile boolean wasAsked;

  /**
   * A taker that does nothing until {@link #start()}.
   *
   * @param runner runs a task on the taker's own thread or another and returns when it has ended
   * @param room whether the disk has room again, asked after a task that found it full until it
   *     says so: each task taken meanwhile would lose an attempt
   * @param traces what the span of each execution is begun with
   */
  public TaskTaker(
      KafkaSettings kafka,
      ControlTail tail,
      ControlView control,
      TaskReporter reporter,
      Pulse pulse,
      Function<RunningTask, Outcome> runner,
      BooleanSupplier room,
      Clock clock,
      Traces traces) {
    this.kafka = requireNonNull(kafka, "kafka");
    this.tail = requireNonNull(tail, "tail");
    this.control = requireNonNull(control, "control");
    this.reporter = requireNonNull(reporter, "reporter");
    this.pulse = requireNonNull(pulse, "pulse");
    this.runner = requireNonNull(runner, "runner");
    this.room = requireNonNull(room, "room");
    this.clock = requireNonNull(clock, "clock");
    this.traces = requireNonNull(traces, "traces");
    this.thread = new Thread(this::loop, "fewstep-taker");
  }

  /** Starts taking, until it is drained. */
  public void start() {
    start(Shift.untilStopped(), () -> {});
  }

  /**
   * Starts taking.
   *
   * @param shift when it ends by itself
   * @param end told, on the taker's own thread, when it has
   */
  public void start(Shift shift, Runnable end) {
    this.shift = requireNonNull(shift, "shift");
    this.end = requireNonNull(end, "end");
    control.onOrder(this::order);
    pulse.drains(control.drains());
    thread.start();
  }

  private void order(boolean drain) {
    if (drain != wasAsked) {
      LOG.info(drain ? "Drains: takes no task until it is told otherwise" : "Takes tasks again");
      wasAsked = drain;
    }
    pulse.drains(drain);
  }

  /**
   * Whether it is polling its share group or running a task, or keeps out of the group because it
   * is asked to or its disk is full.
   */
  public boolean isActive() {
    return (joined || control.drains() || pulse.isFull()) && thread.isAlive();
  }

  /** Whether its thread lives, or has ended because its shift was over. */
  public boolean isAlive() {
    return over || thread.isAlive();
  }

  /** Takes no other task and asks the running one to hand itself back. Returns at once. */
  public void drain() {
    stopping = true;
    pulse.leaves();
    pulse.running().ifPresent(RunningTask::release);
  }

  /**
   * Waits for the end of the running task and of the taker, after {@link #drain()}.
   *
   * @return whether it ended in time
   */
  public boolean awaitEnd(Duration timeout) throws InterruptedException {
    thread.join(Math.max(1, timeout.toMillis()));
    return !thread.isAlive();
  }

  /** Drains and waits for the end without bound. */
  @Override
  public void close() {
    drain();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void loop() {
    String topic = Topics.tasks(pulse.identity().deviceClass());
    long idleSince = System.nanoTime();
    while (!stopping && !over) {
      if (control.drains() || isFull()) {
        pause();
        continue;
      }
      try (KafkaShareConsumer<byte[], byte[]> group = join()) {
        group.setAcknowledgementCommitCallback(
            (offsets, error) -> {
              if (error != null) {
                LOG.warn("The answer for {} was refused: {}", offsets, error.toString());
              }
            });
        group.subscribe(List.of(topic));
        joined = true;
        while (!stopping && !over && !control.drains() && !full) {
          for (ConsumerRecord<byte[], byte[]> record : group.poll(POLL)) {
            int before = begun;
            take(group, record);
            idleSince = begun > before ? System.nanoTime() : idleSince;
          }
          endShift(idleSince);
        }
      } catch (KafkaException | IllegalStateException e) {
        LOG.warn("Taking tasks from {} failed and starts again: {}", topic, e.toString());
        pause();
      } finally {
        joined = false;
      }
      endShift(idleSince);
    }
    if (over && !stopping) {
      end.run();
    }
  }

  private void endShift(long idleSince) {
    if (!over && shift.isOver(begun, Duration.ofNanos(System.nanoTime() - idleSince))) {
      LOG.info("The shift is over after {} tasks", begun);
      over = true;
      pulse.leaves();
    }
  }

  private boolean isFull() {
    if (full && room.getAsBoolean()) {
      LOG.info("The disk has room again");
      full = false;
      pulse.full(false);
    }
    return full;
  }

  private KafkaShareConsumer<byte[], byte[]> join() {
    WorkerIdentity identity = pulse.identity();
    return new KafkaShareConsumer<>(
        kafka.shareConsumer(identity.workerId(), identity.deviceClass()),
        new ByteArrayDeserializer(),
        new ByteArrayDeserializer());
  }

  private void take(
      KafkaShareConsumer<byte[], byte[]> group, ConsumerRecord<byte[], byte[]> record) {
    Optional<TaskMessage> read = Records.read(record);
    if (read.isEmpty()) {
      Records.answer(group, record, AcknowledgeType.REJECT);
      return;
    }
    TaskMessage message = read.get();
    boolean takesNone = stopping || full || shift.isLast(begun);
    if (takesNone || !(tail.isAtEnd() || controlIsCurrent()) || control.drains()) {
      Records.answer(group, record, AcknowledgeType.RELEASE);
      if (!takesNone && !control.drains()) {
        pause();
      }
      return;
    }
    Optional<String> objection = control.objectionToStart(message.taskKey(), message.attempt());
    if (objection.isPresent() && controlIsCurrent()) {
      // An attempt is turned away only by what counts now. One that is started although it was
      // withdrawn a moment ago costs a step: the leader does not bind it, and control stops it.
      objection = control.objectionToStart(message.taskKey(), message.attempt());
    }
    if (objection.isPresent()) {
      LOG.info("Skips attempt {} of {}: {}", message.attempt(), message.taskKey(), objection.get());
      Records.answer(group, record, AcknowledgeType.ACCEPT);
      return;
    }
    RunningTask task =
        new RunningTask(message, UUID.randomUUID(), control, this::reportCheckpoint, clock);
    Span span = span(task, record);
    try (Scope scope = span.makeCurrent()) {
      requireNonNull(scope, "scope");
      execute(group, record, task);
    } finally {
      span.end();
    }
  }

  /** From the report of the start to the report of the end; in the trace of who wants the task. */
  private Span span(RunningTask task, ConsumerRecord<byte[], byte[]> record) {
    TaskMessage message = task.message();
    return traces
        .span("run " + message.kind(), SpanKind.CONSUMER)
        .setParent(Traceparent.read(record.headers()))
        .setAttribute(TraceKeys.MESSAGING_SYSTEM, "kafka")
        .setAttribute(TraceKeys.MESSAGING_DESTINATION, record.topic())
        .setAttribute(TraceKeys.EXPERIMENT, message.experimentId())
        .setAttribute(TraceKeys.TASK, message.taskKey())
        .setAttribute(TraceKeys.TASK_KIND, message.kind().name())
        .setAttribute(TraceKeys.ATTEMPT, (long) message.attempt())
        .setAttribute(TraceKeys.EXECUTION, task.executionId().toString())
        .setAttribute(TraceKeys.WORKER, pulse.identity().workerId().toString())
        .startSpan();
  }

  private void execute(
      KafkaShareConsumer<byte[], byte[]> group,
      ConsumerRecord<byte[], byte[]> record,
      RunningTask task) {
    TaskMessage message = task.message();
    Report.Started started =
        new Report.Started(
            clock.instant(),
            message.taskKey(),
            message.attempt(),
            task.executionId(),
            pulse.identity().workerId());
    pulse.holds(task);
    if (!reporter.deliver(started)) {
      pulse.endsTask();
      Records.answer(group, record, AcknowledgeType.RELEASE);
      pulse.sendPresence();
      pause();
      return;
    }
    // The report is in the inbox, so the task is run, even if the record comes again to somebody
    // because this is lost. Nothing waits for it.
    group.acknowledge(record, AcknowledgeType.ACCEPT);
    group.commitAsync();
    begun++;
    if (shift.isLast(begun)) {
      // Nothing is handed out for it any more: who gets this task's report would take it for idle.
      pulse.leaves();
    }
    if (stopping) {
      task.release();
    }
    run(task);
  }

  /** A checkpoint whose report is lost costs steps, nothing else. */
  private void reportCheckpoint(Report.Checkpointed report) {
    if (!reporter.deliver(report)) {
      LOG.warn("The checkpoint of step {} is not known to the leader", report.step());
    }
  }

  private void run(RunningTask task) {
    Instant begin = clock.instant();
    Outcome outcome = runner.apply(task);
    Span.current().setAttribute(TraceKeys.OUTCOME, outcome.word());
    if (outcome instanceof Outcome.Failure failed) {
      Span.current().setStatus(StatusCode.ERROR, failed.code().name());
    }
    if (outcome instanceof Outcome.Failure failure && failure.code() == FailureCode.DISK_FULL) {
      LOG.error("Takes no task until the disk has room: {}", failure.message());
      full = true;
      pulse.full(true);
    }
    pulse.endsTask();
    if (!report(task, outcome, Duration.between(begin, clock.instant()))) {
      pulse.sendPresence();
    }
  }

  /**
   * Says how the execution ended, until it is heard or nobody wants to hear it.
   *
   * @return whether it is heard, and with it that this worker is idle
   */
  private boolean report(RunningTask task, Outcome outcome, Duration took) {
    Optional<Report> report = Endings.report(task, outcome, took, clock.instant());
    if (report.isEmpty()) {
      return false;
    }
    while (!reporter.deliver(report.get())) {
      if (stopping || Thread.currentThread().isInterrupted()) {
        LOG.error("The end of {} could not be reported before leaving", task.message().taskKey());
        return false;
      }
      if (task.request() == RunningTask.Request.ABANDON) {
        return false;
      }
      pause();
    }
    return true;
  }

  private boolean controlIsCurrent() {
    try {
      return tail.awaitCurrent(CONTROL_WAIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void pause() {
    if (!stopping) {
      try {
        Thread.sleep(PAUSE.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
