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
  public Fault {
    requireNonNull(kind, "kind");
    requireNonNull(pause, "pause");
    requireNonNull(length, "length");
    requireNonNull(amount, "amount");
  }
}
