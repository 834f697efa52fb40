package dev.fewstep.orchestrator.backup;

import java.io.IOException;

/** A backup that cannot be used, or a place that it must not be restored to; says what to do. */
public final class BackupException extends IOException {
  private static final long serialVersionUID = 1L;

  /** One sentence for people. */
  public BackupException(String message) {
    super(message);
  }

  /** One sentence for people and what it came from. */
  public BackupException(String message, Throwable cause) {
    super(message, cause);
  }
}
