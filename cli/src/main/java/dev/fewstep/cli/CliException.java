package dev.fewstep.cli;

import static java.util.Objects.requireNonNull;

/** Ends the program with one clear sentence and an exit code. */
public final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int exitCode;

  private CliException(int exitCode, String message, Throwable cause) {
    super(requireNonNull(message), cause);
    this.exitCode = exitCode;
  }

  /** The user's input is wrong. */
  public static CliException usage(String message) {
    return new CliException(ExitCodes.USAGE, message, null);
  }

  /** The user's input is wrong. */
  public static CliException usage(String message, Throwable cause) {
    return new CliException(ExitCodes.USAGE, message, cause);
  }

  /** The work failed. */
  public static CliException failed(String message, Throwable cause) {
    return new CliException(ExitCodes.FAILED, message, cause);
  }

  /** The work failed. */
  public static CliException failed(String message) {
    return new CliException(ExitCodes.FAILED, message, null);
  }

  /** A server cannot be reached. */
  public static CliException unreachable(String message, Throwable cause) {
    return new CliException(ExitCodes.UNREACHABLE, message, cause);
  }

  /** What was waited for did not come. */
  public static CliException timeout(String message) {
    return new CliException(ExitCodes.TIMEOUT, message, null);
  }

  /** Code that the program ends with. */
  public int exitCode() {
    return exitCode;
  }
}
