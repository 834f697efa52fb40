package dev.fewstep.cli;

/** Exit codes of the program. */
final class ExitCodes {
  /** Everything asked for was done. */
  static final int OK = 0;

  /** A trial, or the work asked for, failed. */
  static final int FAILED = 1;

  /** The command line, a setting or a file of the user's is wrong. */
  static final int USAGE = 2;

  /** The server, the broker or the store cannot be reached. */
  static final int UNREACHABLE = 3;

  /** What was waited for did not come in time. */
  static final int TIMEOUT = 4;

  /** A benchmark is worse than it was. */
  static final int REGRESSED = 5;

  /** It cannot be said whether a benchmark is worse than it was. */
  static final int INCONCLUSIVE = 6;

  private ExitCodes() {}
}
