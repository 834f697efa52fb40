package dev.fewstep.worker.task;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.message.Report;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a worker says at intervals, from a timer thread: its presence, and while it holds a task a
 * heartbeat, which keeps the lease, and the new points of its curves.
 */
public final class Pulse implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Pulse.class);

  /**
   * Intervals.
   *
   * @param presence between presences
   * @param heartbeat between heartbeats
   * @param metrics between batches of points
   */
  public record Intervals(Duration presence, Duration heartbeat, Duration metrics) {
    public Intervals {
      if (presence.toMillis() < 1 || heartbeat.toMillis() < 1 || metrics.toMillis() < 1) {
        throw new IllegalArgumentException("intervals must be positive");
      }
    }

    /** Presence and heartbeat every 2 seconds, metrics every 500 ms. */
    public static Intervals defaults() {
      return new Intervals(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofMillis(500));
    }
  }

  private final TaskReporter reporter;
  private final WorkerIdentity identity;
  private final Runnable beaten;
  private final Clock clock;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "fewstep-pulse");
            thread.setDaemon(true);
            return thread;
          });
  private final List<ScheduledFuture<?>> beats = new ArrayList<>();
  private volatile Optional<RunningTask> running = Optional.empty();
  private volatile boolean leaving;
  private volatile boolean drained;
  private volatile boolean full;

  private Pulse(TaskReporter reporter, WorkerIdentity identity, Runnable beaten, Clock clock) {
    this.reporter = requireNonNull(reporter, "reporter");
    this.identity = requireNonNull(identity, "identity");
    this.beaten = requireNonNull(beaten, "beaten");
    this.clock = requireNonNull(clock, "clock");
  }

  /**
   * Starts the timer; the first presence is sent at once.
   *
   * @param beaten told of every heartbeat
   */
  public static Pulse start(
      TaskReporter reporter,
      WorkerIdentity identity,
      Intervals intervals,
      Runnable beaten,
      Clock clock) {
    Pulse pulse = new Pulse(reporter, identity, beaten, clock);
    pulse.every(intervals.presence(), pulse::sendPresence);
    pulse.every(intervals.heartbeat(), pulse::sendHeartbeat);
    pulse.every(intervals.metrics(), pulse::sendPoints);
    return pulse;
  }

  /** Who the worker is. */
  public WorkerIdentity identity() {
    return identity;
  }

  /** The task that the worker holds now. */
  public Optional<RunningTask> running() {
    return running;
  }

  /**
   * Says from now on that the worker holds a task. The report of its start says it first: no
   * presence that is sent after this call takes the worker for idle.
   */
  synchronized void holds(RunningTask task) {
    running = Optional.of(task);
  }

  /**
   * Sends the last points of the task held and stops its heartbeats. The report of its end tells
   * that the worker is idle; when there is none, {@link #sendPresence()} does.
   */
  synchronized void endsTask() {
    sendPoints();
    running = Optional.empty();
  }

  /** Says, now and from now on, that the worker takes no other task. */
  void leaves() {
    leaving = true;
    sendPresence();
  }

  /** Says, now and from now on, that the worker takes no other task, or takes tasks again. */
  void drains(boolean value) {
    if (drained != value) {
      drained = value;
      sendPresence();
    }
  }

  /** Says from now on that the worker's disk has no room for a task, or has room again. */
  void full(boolean value) {
    full = value;
    sendPresence();
  }

  boolean isFull() {
    return full;
  }

  /** Sends a presence now. */
  synchronized void sendPresence() {
    Optional<UUID> execution = running.map(RunningTask::executionId);
    reporter.announce(
        new Report.Presence(
            clock.instant(),
            identity.workerId(),
            identity.deviceClass(),
            identity.device(),
            identity.memoryBytes(),
            identity.versions(),
            execution,
            !leaving && !drained && !full));
  }

  @Override
  public void close() {
    beats.forEach(beat -> beat.cancel(false));
    timer.shutdownNow();
  }

  private void sendHeartbeat() {
    running.ifPresent(
        task -> {
          reporter.announce(task.heartbeat());
          beaten.run();
        });
  }

  private void sendPoints() {
    running.flatMap(RunningTask::drainPoints).ifPresent(reporter::metrics);
  }

  private void every(Duration interval, Runnable action) {
    beats.add(
        timer.scheduleAtFixedRate(
            () -> {
              try {
                action.run();
              } catch (RuntimeException e) {
                LOG.error("A report could not be made; the next one is tried in {}", interval, e);
              }
            },
            0,
            interval.toMillis(),
            TimeUnit.MILLISECONDS));
  }
}
