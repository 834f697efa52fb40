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
}
