package dev.fewstep.chaos.process;

import static java.util.Objects.requireNonNull;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** The system's clock, set wrong by an amount that can be changed while it runs. */
public final class MovableClock extends Clock {
  private final Clock real = Clock.systemUTC();
  private volatile Duration offset = Duration.ZERO;

  /** Makes it wrong by so much from now on, forwards or backwards. */
  public void setOffset(Duration value) {
    offset = requireNonNull(value, "value");
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return Clock.offset(real, offset).withZone(zone);
  }

  @Override
  public Instant instant() {
    return real.instant().plus(offset);
  }
}
