package dev.fewstep.worker.task.program;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.message.FailureCode;

/** A task cannot be done, for a reason that its program knows. */
public final class TaskFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final FailureCode code;

  /**
   * A failure without an underlying error.
   *
   * @param code the reason
   * @param message one sentence for people
   */
  public TaskFailure(FailureCode code, String message) {
    super(message);
    this.code = requireNonNull(code, "code");
  }

  /** A failure with the error that led to it. */
  public TaskFailure(FailureCode code, String message, Throwable cause) {
    super(message, cause);
    this.code = requireNonNull(code, "code");
  }

  /** The reason. */
  public FailureCode code() {
    return code;
  }
}
