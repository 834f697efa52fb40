package dev.fewstep.orchestrator.transfer;

import java.io.IOException;

/** A file that is no package, or not a whole one; the message is a sentence for whoever sent it. */
public final class PackageException extends IOException {
  private static final long serialVersionUID = 1L;

  PackageException(String message) {
    super(message);
  }

  PackageException(String message, Throwable cause) {
    super(message, cause);
  }
}
