package dev.fewstep.chaos.fault;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * One fault of a schedule.
 *
 * @param number from 1
 * @param kind what is done
 * @param victim which of the targets of its kind, from 0; 0 where there is one
 * @param pause from the one before
 * @param length how long it lasts
 * @param amount what a clock is wrong by; zero for other kinds
 */
public record Fault(
    int number, FaultKind kind, int victim, Duration pause, Duration length, Duration amount) {
  private static final int WORKER_ALONE = 11;
  private static final int LEADER_ALONE = 5;

  public Fault {
    requireNonNull(kind, "kind");
    requireNonNull(pause, "pause");
    requireNonNull(length, "length");
    requireNonNull(amount, "amount");
  }

  /**
   * Whether it is done while nothing else is broken, so that the recovery from it alone is seen: of
   * the deaths of workers and leaders some. Such a worker is one that holds a task, whichever.
   */
  public boolean alone() {
    return switch (kind) {
      case WORKER_KILL -> number % WORKER_ALONE == 0;
      case LEADER_KILL -> number % LEADER_ALONE == 0;
      default -> false;
    };
  }
}
