package dev.fewstep.worker.task;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.message.MetricBatch;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.worker.task.program.StopSignal;
import dev.fewstep.worker.task.program.TaskListener;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One execution of an attempt, as the threads of a worker share it: the task's thread writes
 * progress and points, the pulse reads them, control and drain ask it to stop.
 */
public final class RunningTask implements TaskListener, StopSignal {
  /** Points that wait for the next batch; more are dropped, oldest first. */
  private static final Logger LOG = LoggerFactory.getLogger(RunningTask.class);

  private static final int MAX_POINTS = 2000;

  private final TaskMessage message;
  private final UUID executionId;
  private final ControlView control;
  private final Consumer<Report.Checkpointed> checkpointed;
  private final Clock clock;
  private final TaskLog log;
  private final List<MetricBatch.Point> points = new ArrayList<>();
  private volatile boolean released;
  private volatile boolean abandoned;
  private volatile Progress progress = new Progress(0, 0);

  private record Progress(long step, long total) {}

  /**
   * An execution that has not begun.
   *
   * @param checkpointed told of every checkpoint that is in the store
   */
  public RunningTask(
      TaskMessage message,
      UUID executionId,
      ControlView control,
      Consumer<Report.Checkpointed> checkpointed,
      Clock clock) {
    this.message = requireNonNull(message, "message");
    this.executionId = requireNonNull(executionId, "executionId");
    this.control = requireNonNull(control, "control");
    this.checkpointed = requireNonNull(checkpointed, "checkpointed");
    this.clock = requireNonNull(clock, "clock");
    this.log = new TaskLog(message.kind() + " " + message.taskKey().substring(0, 12), clock);
  }

  /** What is to be done. */
  public TaskMessage message() {
    return message;
  }

  /** This execution. */
  public UUID executionId() {
    return executionId;
  }

  /** Its last lines. */
  public TaskLog taskLog() {
    return log;
  }

  /** Asks it to hand over a checkpoint and stop at its next step. */
  public void release() {
    released = true;
  }

  @Override
  public Request request() {
    if (abandoned) {
      return Request.ABANDON;
    }
    Optional<String> objection =
        control.objectionToRun(message.taskKey(), message.attempt(), executionId);
    if (objection.isPresent()) {
      log.add("stops: " + objection.get());
      abandoned = true;
      return Request.ABANDON;
    }
    if (!released && control.asksBack(message.taskKey(), message.attempt(), executionId)) {
      log.add("is asked back");
      released = true;
    }
    return released ? Request.RELEASE : Request.CONTINUE;
  }

  @Override
  public void progress(long step, long totalSteps) {
    progress = new Progress(step, totalSteps);
  }

  @Override
  public void point(String name, long step, double value) {
    synchronized (points) {
      if (points.size() == MAX_POINTS) {
        points.remove(0);
      }
      points.add(new MetricBatch.Point(name, step, value));
    }
  }

  /** Says that a checkpoint is in the store. */
  void stored(long step, Artifact checkpoint) {
    log.add("has a checkpoint at step " + step);
    checkpointed.accept(
        new Report.Checkpointed(
            clock.instant(), message.taskKey(), message.attempt(), executionId, step, checkpoint));
  }

  @Override
  public void trained(int images, Map<String, Double> seconds) {
    // Not sent: the worker's own meters count it.
  }

  @Override
  public void log(String line) {
    log.add(line);
    LOG.atInfo()
        .addKeyValue("experiment", message.experimentId())
        .addKeyValue("task", message.taskKey())
        .addKeyValue("attempt", message.attempt())
        .addKeyValue("execution", executionId)
        .log("{} {} {}", message.kind(), message.taskKey().substring(0, 12), line);
  }

  /** A heartbeat of now. */
  Report.Heartbeat heartbeat() {
    Progress now = progress;
    return new Report.Heartbeat(
        clock.instant(),
        message.taskKey(),
        message.attempt(),
        executionId,
        now.step(),
        now.total());
  }

  /** The points and log lines since the last batch; empty when there are none. */
  Optional<MetricBatch> drainPoints() {
    List<MetricBatch.Point> batch;
    synchronized (points) {
      batch = List.copyOf(points);
      points.clear();
    }
    List<String> lines = log.drain();
    if (batch.isEmpty() && lines.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new MetricBatch(
            message.taskKey(), message.attempt(), executionId, clock.instant(), batch, lines));
  }
}
