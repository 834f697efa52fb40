package dev.fewstep.chaos.check;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;

/**
 * An execution that held a task.
 *
 * @param taskKey the task
 * @param attempt its attempt
 * @param workerId its worker
 * @param from when it was bound, record time
 * @param until when it held the task no more; empty while it does
 */
public record Run(
    String taskKey, int attempt, String workerId, Instant from, Optional<Instant> until) {
  public Run {
    requireNonNull(taskKey, "taskKey");
    requireNonNull(workerId, "workerId");
    requireNonNull(from, "from");
    requireNonNull(until, "until");
  }
}
