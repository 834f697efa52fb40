package dev.fewstep.orchestrator.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RateLimitTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  @Test
  void aBudgetIsSpentAndRefillsSteadilyUpToItsBound() {
    RateLimit limit = new RateLimit(2, 10);
    for (int i = 0; i < 10; i++) {
      assertThat(limit.take("ann", 1, NOW)).isZero();
    }
    assertThat(limit.take("ann", 1, NOW)).isEqualTo(Duration.ofMillis(500));
    assertThat(limit.take("ann", 5, NOW)).isEqualTo(Duration.ofMillis(2500));
    // What was refused took nothing.
    assertThat(limit.take("ann", 1, NOW.plusMillis(500))).isZero();
    assertThat(limit.take("ann", 1, NOW.plusMillis(500))).isEqualTo(Duration.ofMillis(500));
    Instant later = NOW.plus(Duration.ofDays(1));
    assertThat(limit.take("ann", 10, later)).isZero();
    assertThat(limit.take("ann", 1, later)).isPositive();
  }

  @Test
  void eachCallerHasItsOwnAndAClockThatGoesBackWinsNothing() {
    RateLimit limit = new RateLimit(1, 1);
    assertThat(limit.take("ann", 1, NOW)).isZero();
    assertThat(limit.take("bob", 1, NOW)).isZero();
    assertThat(limit.take("ann", 1, NOW.minusSeconds(60))).isEqualTo(Duration.ofSeconds(1));
    assertThat(limit.take("ann", 1, NOW.minusSeconds(59))).isZero();
    assertThat(limit.take("ann", 1, NOW.minusSeconds(59))).isPositive();
  }

  @Test
  void whatNobodyCouldPayIsADefect() {
    assertThatThrownBy(() -> new RateLimit(1, 4).take("ann", 5, NOW)).hasMessageContaining("4");
    assertThatThrownBy(() -> new RateLimit(0, 4)).hasMessageContaining("grow");
  }
}
