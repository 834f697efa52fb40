package dev.fewstep.monitoring;

/**
 * A question to Prometheus.
 *
 * @param expression PromQL, with Grafana's variables
 * @param legend what a series is called, with its labels in double braces
 */
record Query(String expression, String legend) {
  Query {
    if (expression.isBlank() || legend.isBlank()) {
      throw new IllegalArgumentException("a query has an expression and a legend: " + expression);
    }
  }
}
