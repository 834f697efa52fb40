package dev.fewstep.worker.artifact;

import static java.util.Objects.requireNonNull;

import java.io.IOException;

/** The artifact store could not serve. Errors of the local disk are plain {@link IOException}s. */
public final class StoreException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What went wrong, as far as a caller can act on it. */
  public enum Reason {
    /** No answer, or an error of the server, after the bounded retries. */
    UNAVAILABLE,
    /** The store refused the credentials, or they may not do this. */
    DENIED,
    /** The store has no such object or bucket. */
    MISSING,
    /** The object's bytes are not those of its digest. */
    CORRUPT
  }

  private final Reason reason;

  /** An error without an underlying one. */
  public StoreException(Reason reason, String message) {
    super(message);
    this.reason = requireNonNull(reason, "reason");
  }

  /** An error with the one that led to it. */
  public StoreException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = requireNonNull(reason, "reason");
  }

  /** What went wrong. */
  public Reason reason() {
    return reason;
  }
}
