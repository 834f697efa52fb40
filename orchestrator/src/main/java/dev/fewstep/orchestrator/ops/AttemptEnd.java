package dev.fewstep.orchestrator.ops;

/** How an execution ended, as meters tell it. */
public enum AttemptEnd {
  /** Its result was accepted. */
  SUCCEEDED,
  /** It failed, and is tried again or not. */
  FAILED,
  /** It fell silent and lost its lease. */
  LOST,
  /** Its worker handed it back. */
  RELEASED,
  /** Nobody wants it any more. */
  CANCELLED
}
