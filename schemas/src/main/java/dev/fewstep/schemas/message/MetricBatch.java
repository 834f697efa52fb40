package dev.fewstep.schemas.message;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Points of training curves, from one execution. */
public record MetricBatch(
    String taskKey, int attempt, UUID executionId, Instant at, List<Point> points) {
  public MetricBatch {
    requireNonNull(taskKey, "taskKey");
    requireNonNull(executionId, "executionId");
    requireNonNull(at, "at");
    points = List.copyOf(points);
  }

  /**
   * A number over steps.
   *
   * @param name such as {@code loss}, {@code grad_norm}, {@code images_per_second}
   * @param step training step, from 0
   */
  public record Point(String name, long step, double value) {
    public Point {
      requireNonNull(name, "name");
    }
  }
}
