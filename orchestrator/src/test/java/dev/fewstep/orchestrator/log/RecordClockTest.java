package dev.fewstep.orchestrator.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RecordClockTest {
  private final AtomicLong nanos = new AtomicLong();
  private final RecordClock clock = new RecordClock(Instant.ofEpochMilli(1_000), nanos::get);

  @Test
  void follows_the_broker_and_in_between_the_monotonic_clock() {
    clock.observe(5_000);
    nanos.addAndGet(250_000_000);

    assertThat(clock.now()).isEqualTo(Instant.ofEpochMilli(5_250));
  }

  @Test
  void goes_back_with_the_broker() {
    clock.observe(500);
    nanos.addAndGet(250_000_000);

    assertThat(clock.now()).as("less than the start").isEqualTo(Instant.ofEpochMilli(750));

    clock.observe(100);

    assertThat(clock.now()).isEqualTo(Instant.ofEpochMilli(100));
  }

  @Test
  void begins_with_what_the_broker_says_however_wrong_the_own_clock_is() {
    RecordClock unset = new RecordClock(Instant.EPOCH, nanos::get);
    unset.observe(5_000);

    assertThat(unset.now()).isEqualTo(Instant.ofEpochMilli(5_000));
  }
}
