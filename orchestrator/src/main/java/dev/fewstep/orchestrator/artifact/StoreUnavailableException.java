package dev.fewstep.orchestrator.artifact;

import java.io.IOException;

/** The object store did not answer, or refused. What was asked for may or may not be there. */
public final class StoreUnavailableException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What was tried and what came of it, without credentials. */
  public StoreUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
