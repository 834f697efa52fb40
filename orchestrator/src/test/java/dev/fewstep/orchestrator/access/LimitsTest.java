package dev.fewstep.orchestrator.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.orchestrator.access.Limits.Rate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Rates as they are written. */
class LimitsTest {
  @Test
  void aRateIsReadAndIsABudget() {
    assertThat(Rate.parse("100/s up to 2000")).isEqualTo(new Rate(100, 2_000));
    assertThat(Rate.parse(" 0.5/s up to 3 ")).isEqualTo(new Rate(0.5, 3));
    assertThat(new Rate(0.5, 3).times(10)).isEqualTo(new Rate(5, 30));
    RateLimit limit = Rate.parse("0.5/s up to 1").limit();
    assertThat(limit.take("ann", 1, Instant.EPOCH)).isZero();
    assertThat(limit.take("ann", 1, Instant.EPOCH)).isEqualTo(Duration.ofSeconds(2));
    for (String none :
        List.of("", "100", "100/s", "0/s up to 5", "1/s up to 0", "-1/s up to 5", "1/m up to 5")) {
      assertThatThrownBy(() -> Rate.parse(none))
          .as(none)
          .isInstanceOf(IllegalArgumentException.class);
    }
    Rate one = new Rate(1, 1);
    assertThatThrownBy(() -> new Limits(one, one, one)).hasMessageContaining("5 at once");
  }

  @Test
  void metersAskForATokenThatCannotBeGuessed() {
    AccessSettings open = AccessSettings.open();
    assertThat(open.showsMetrics(Optional.empty())).isTrue();
    assertThatThrownBy(() -> open.withMetricsToken(Optional.of("short")))
        .hasMessageContaining("at least 32 characters");
    String token = "what-prometheus-shows-in-the-test-0123456789";
    AccessSettings asking = open.withMetricsToken(Optional.of(token));
    assertThat(asking.showsMetrics(Optional.of("Bearer " + token))).isTrue();
    assertThat(asking.showsMetrics(Optional.of("Basic " + token))).isFalse();
    assertThat(asking.showsMetrics(Optional.empty())).isFalse();
    assertThat(asking.toString()).doesNotContain(token).doesNotContain(TokenText.digest(token));
  }
}
