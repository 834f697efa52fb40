package dev.fewstep.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ExpressionsTest {
  @Test
  void only_metrics_are_names() {
    assertThat(
            Expressions.names(
                "histogram_quantile(0.95, sum by (class, le) (rate(a_seconds_bucket{x=\"y\"}[15m])))"
                    + " and on (class) b{c=~\"d|e\"} offset 15m >= 1e3 or vector(0) unless job:f:max"))
        .containsExactly("a_seconds", "b", "job:f:max");
  }
}
