package dev.fewstep.worker.checkpoint;

import java.io.IOException;
import java.nio.file.Path;

/** A tensor file that is damaged, hostile or of a kind that fewstep does not read. */
public final class TensorFormatException extends IOException {
  /**
   * Says which file and why.
   *
   * @param file the file
   * @param reason what was found and what was expected
   */
  public TensorFormatException(Path file, String reason) {
    super(file + ": " + reason);
  }

  /** Says which file and why, with the cause. */
  public TensorFormatException(Path file, String reason, Throwable cause) {
    super(file + ": " + reason, cause);
  }
}
