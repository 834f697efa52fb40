package dev.fewstep.schemas.state;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.UUID;

/**
 * An execution of a task that ended without its success.
 *
 * @param attempt the attempt that it was bound to, from 1
 * @param executionId its id
 * @param workerId the worker that held it
 * @param startedAt record time
 * @param endedAt record time
 * @param end how it ended
 * @param why for people; may be empty
 */
public record PastExecution(
    int attempt,
    UUID executionId,
    UUID workerId,
    Instant startedAt,
    Instant endedAt,
    End end,
    String why) {
  /** A task remembers so many, the newest. */
  public static final int MOST = 10;

  /** Longer texts are cut: the failure that counts has its own place. */
  private static final int LONGEST_WHY = 300;

  public PastExecution {
    require(attempt >= 1, "attempt counts from 1");
    requireNonNull(executionId, "executionId");
    requireNonNull(workerId, "workerId");
    requireNonNull(startedAt, "startedAt");
    requireNonNull(endedAt, "endedAt");
    requireNonNull(end, "end");
    why = why.length() > LONGEST_WHY ? why.substring(0, LONGEST_WHY - 1) + "…" : why;
  }

  /** How executions end. */
  public enum End {
    /** It reported a failure, or a success that was none. */
    FAILED,
    /** It fell silent. */
    LOST,
    /** It was handed back after a checkpoint, at no charge. */
    HANDED_BACK,
    /** Nobody wanted the task any more. */
    WITHDRAWN
  }
}
