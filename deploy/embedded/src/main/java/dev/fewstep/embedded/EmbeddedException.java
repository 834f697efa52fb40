package dev.fewstep.embedded;

/**
 * The embedded services could not start or their data directory could not be used. The message is
 * one sentence for the person at the keyboard: what failed, where, and what to do about it.
 */
public final class EmbeddedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** An error without an underlying one. */
  public EmbeddedException(String message) {
    super(message);
  }

  /** An error with the one that led to it. */
  public EmbeddedException(String message, Throwable cause) {
    super(message, cause);
  }

  /** An error whose message ends with the innermost reason given by a library. */
  static EmbeddedException withReason(String message, Throwable cause) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String reason = root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    return new EmbeddedException(message + ": " + reason, cause);
  }
}
