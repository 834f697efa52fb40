package dev.fewstep.schemas;

/** Where a task stands. The legal moves are in the orchestrator's transition table. */
public enum TaskState {
  /** Waits for the tasks it depends on, or for its retry backoff. */
  PENDING,
  /** Ready to run: waits for a free device. */
  QUEUED,
  /** Held by one execution. */
  RUNNING,
  /** Its result was accepted. */
  SUCCEEDED,
  /** Failed for good. */
  FAILED,
  /** Withdrawn, or not needed by anybody any more. */
  CANCELLED,
  /** An earlier result with the same key served. */
  CACHED;

  /** Whether no further move is possible. */
  public boolean isTerminal() {
    return this == SUCCEEDED || this == FAILED || this == CANCELLED || this == CACHED;
  }

  /** Whether a result is there. */
  public boolean hasResult() {
    return this == SUCCEEDED || this == CACHED;
  }
}
