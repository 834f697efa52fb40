package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.function.LongSupplier;

/**
 * The broker's clock as far as the leader can know it: the last append time seen plus the monotonic
 * time since. Never goes back. For one thread.
 */
final class RecordClock {
  private final LongSupplier nanoTime;
  private Instant base;
  private long baseNanos;

  /** A clock that stands at {@code start} now. */
  RecordClock(Instant start, LongSupplier nanoTime) {
    this.nanoTime = requireNonNull(nanoTime, "nanoTime");
    this.base = requireNonNull(start, "start");
    this.baseNanos = nanoTime.getAsLong();
  }

  /** The broker has appended something at that time. */
  void observe(long appendMillis) {
    Instant observed = Instant.ofEpochMilli(appendMillis);
    Instant expected = now();
    base = observed.isAfter(expected) ? observed : expected;
    baseNanos = nanoTime.getAsLong();
  }

  /** The present record time. */
  Instant now() {
    return base.plus(Duration.ofNanos(nanoTime.getAsLong() - baseNanos));
  }
}
