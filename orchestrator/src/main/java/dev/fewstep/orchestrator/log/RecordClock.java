package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.function.LongSupplier;

/**
 * The clock of the inbox's broker as far as the leader can know it: the append time of the last
 * record read plus the monotonic time since. It goes back when that clock does, for what it is
 * compared with are that broker's append times: a clock that stayed ahead of them would take every
 * worker for silent. For one thread.
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
    base = Instant.ofEpochMilli(appendMillis);
    baseNanos = nanoTime.getAsLong();
  }

  /** The present record time. */
  Instant now() {
    return base.plus(Duration.ofNanos(nanoTime.getAsLong() - baseNanos));
  }
}
