package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.message.MetricBatch.Point;

/**
 * Where a curve stands.
 *
 * @param last its last point
 * @param least the point with the least finite value that was heard of, the first of several
 */
public record CurveEnd(Point last, Point least) {
  public CurveEnd {
    requireNonNull(last, "last");
    requireNonNull(least, "least");
  }
}
