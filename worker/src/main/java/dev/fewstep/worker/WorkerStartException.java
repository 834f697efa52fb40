package dev.fewstep.worker;

/** A worker could not start; the message says what failed, for the person at the keyboard. */
public final class WorkerStartException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With the error that led to it. */
  public WorkerStartException(String message, Throwable cause) {
    super(message, cause);
  }
}
