package dev.fewstep.schemas.message;

/** Why an execution failed, and whether another attempt can help. */
public enum FailureCode {
  /** The specification cannot be run as it is. */
  INVALID_SPEC(false),
  /** An input is missing, unreadable or not what its digest says. */
  BAD_INPUT(false),
  /** A loss, gradient or image was not finite. */
  NOT_FINITE(false),
  /** Memory of the device or the process was used up. */
  OUT_OF_MEMORY(true),
  /** The disk was full. */
  DISK_FULL(true),
  /** The artifact store did not answer, or answered with an error. */
  STORE_UNAVAILABLE(true),
  /** Anything else. */
  INTERNAL(true);

  private final boolean retryable;

  FailureCode(boolean retryable) {
    this.retryable = retryable;
  }

  /** Whether another attempt can help. */
  public boolean retryable() {
    return retryable;
  }
}
