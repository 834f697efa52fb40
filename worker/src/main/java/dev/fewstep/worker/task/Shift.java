package dev.fewstep.worker.task;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/**
 * When a worker ends by itself, so that a job scheduler can run one for as long as there is work.
 *
 * @param tasks after so many tasks, 0 for any number
 * @param idle after so long without a task
 */
public record Shift(int tasks, Optional<Duration> idle) {
  public Shift {
    requireNonNull(idle, "idle");
    if (tasks < 0) {
      throw new IllegalArgumentException("tasks must be 0 or more, not " + tasks);
    }
    idle.ifPresent(
        time -> {
          if (time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException("idle must be positive, not " + time);
          }
        });
  }

  /** Of a worker that ends when it is told to. */
  public static Shift untilStopped() {
    return new Shift(0, Optional.empty());
  }

  /** Whether a worker that began so many tasks may begin no other. */
  boolean isLast(int begun) {
    return tasks > 0 && begun >= tasks;
  }

  /** Whether it is over for a worker that holds no task. */
  boolean isOver(int begun, Duration idleFor) {
    return isLast(begun) || idle.filter(most -> idleFor.compareTo(most) >= 0).isPresent();
  }
}
