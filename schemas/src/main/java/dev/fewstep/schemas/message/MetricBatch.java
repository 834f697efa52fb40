package dev.fewstep.schemas.message;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * Points of training curves and lines of the log, from one execution; what came since its last
 * batch.
 *
 * @param lines for people, each with its time; older workers send none
 */
public record MetricBatch(
    String taskKey,
    int attempt,
    UUID executionId,
    Instant at,
    List<Point> points,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> lines) {
  public MetricBatch {
    requireNonNull(taskKey, "taskKey");
    requireNonNull(executionId, "executionId");
    requireNonNull(at, "at");
    points = List.copyOf(points);
    lines = lines == null ? List.of() : List.copyOf(lines);
  }

  /** Points without lines. */
  public static MetricBatch ofPoints(
      String taskKey, int attempt, UUID executionId, Instant at, List<Point> points) {
    return new MetricBatch(taskKey, attempt, executionId, at, points, List.of());
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
