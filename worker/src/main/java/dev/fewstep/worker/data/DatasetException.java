package dev.fewstep.worker.data;

import java.io.IOException;
import java.nio.file.Path;

/** A dataset that cannot be read: the message names the file, what was found and what is wanted. */
public final class DatasetException extends IOException {
  /** Says which file and why. */
  public DatasetException(Path file, String reason) {
    super(file + ": " + reason);
  }

  /** Says which file, or which entry of which file, and why, with the cause. */
  public DatasetException(String where, String reason, Throwable cause) {
    super(where + ": " + reason, cause);
  }

  /** Says which file, or which entry of which file, and why. */
  public DatasetException(String where, String reason) {
    super(where + ": " + reason);
  }

  /** Says which file and why, with the cause. */
  public DatasetException(Path file, String reason, Throwable cause) {
    super(file + ": " + reason, cause);
  }
}
