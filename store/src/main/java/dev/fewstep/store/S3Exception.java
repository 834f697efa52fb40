package dev.fewstep.store;

import static java.util.Objects.requireNonNull;

import java.io.IOException;

/** The store could not serve. What was asked for may or may not have been done. */
public final class S3Exception extends IOException {
  private static final long serialVersionUID = 1L;

  /** What went wrong, as far as a caller can act on it. */
  public enum Reason {
    /** No answer, or an error of the server. */
    UNAVAILABLE,
    /** The store refused the credentials, or they may not do this. */
    DENIED,
    /** The store has no such object or bucket. */
    MISSING,
    /** The store does not offer this. */
    UNSUPPORTED
  }

  private final Reason reason;

  S3Exception(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = requireNonNull(reason, "reason");
  }

  /** What went wrong. */
  public Reason reason() {
    return reason;
  }
}
