package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.message.FailureCode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Why a task, or its last attempt, failed.
 *
 * @param cause who says so
 * @param code the worker's code, when a worker said it
 * @param message one sentence for people
 * @param logTail last lines of the task's log
 * @param attempt the attempt that failed
 * @param at record time
 */
public record TaskFailure(
    Cause cause,
    Optional<FailureCode> code,
    String message,
    List<String> logTail,
    int attempt,
    Instant at) {
  public TaskFailure {
    requireNonNull(cause, "cause");
    code = code == null ? Optional.empty() : code;
    requireNonNull(message, "message");
    logTail = List.copyOf(logTail);
    requireNonNull(at, "at");
  }

  /** Who says that it failed. */
  public enum Cause {
    /** The worker. */
    REPORTED,
    /** Its workers fell silent too often without getting any further. */
    POISON,
    /** A task that it needs failed. */
    DEPENDENCY,
    /** It reported success, but its artifacts are not in the store. */
    INCOMPLETE_MANIFEST
  }
}
