package dev.fewstep.orchestrator.log;

/**
 * The inbox does not hold what the state says comes next: records were deleted or a topic was made
 * anew. Nothing is skipped silently; a person decides.
 */
public final class LogGapException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  /** What is missing. */
  public LogGapException(String message) {
    super(message);
  }
}
