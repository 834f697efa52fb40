package dev.fewstep.worker.image;

import java.io.IOException;

/** Bytes that are no readable image; the message says why and does not name the file. */
public final class ImageFormatException extends IOException {
  /** Says why. */
  public ImageFormatException(String reason) {
    super(reason);
  }

  /** Says why, with the cause. */
  public ImageFormatException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
