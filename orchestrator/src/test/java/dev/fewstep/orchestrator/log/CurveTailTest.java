package dev.fewstep.orchestrator.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.message.MetricBatch;
import dev.fewstep.schemas.message.MetricBatch.Point;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class CurveTailTest {
  private static MetricBatch batch(int attempt, long from, long to) {
    return MetricBatch.ofPoints(
        "key",
        attempt,
        UUID.randomUUID(),
        Instant.EPOCH,
        LongStream.range(from, to).mapToObj(step -> new Point("loss", step, step)).toList());
  }

  @Test
  void a_long_curve_is_thinned_evenly_and_keeps_both_ends() {
    CurveTail tail = new CurveTail(100);
    tail.add(batch(1, 0, 10_000));

    List<Point> points = tail.points();
    assertThat(points).hasSizeBetween(50, 101);
    assertThat(points.get(0).step()).isZero();
    assertThat(points.get(points.size() - 1).step()).isEqualTo(9_999);
    long stride = points.get(1).step() - points.get(0).step();
    for (int i = 1; i < points.size() - 1; i++) {
      assertThat(points.get(i).step() - points.get(i - 1).step()).isEqualTo(stride);
    }
  }

  @Test
  void a_resumed_attempt_replaces_what_it_does_again_and_an_old_one_adds_nothing() {
    CurveTail tail = new CurveTail(100);
    tail.add(batch(1, 0, 10));
    tail.add(batch(2, 5, 8));
    tail.add(batch(1, 8, 20));

    assertThat(tail.points())
        .extracting(Point::step)
        .containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L);
  }

  @Test
  void a_curve_tells_its_last_point_and_the_first_of_the_least() {
    CurveTail tail = new CurveTail(4);
    double[] values = {3, Double.NaN, 1, 2, 1, 5, 4};
    List<Point> points = new ArrayList<>(List.of(new Point("never_finite", 0, Double.NaN)));
    for (int step = 0; step < values.length; step++) {
      points.add(new Point("loss", step, values[step]));
    }
    tail.add(MetricBatch.ofPoints("key", 1, UUID.randomUUID(), Instant.EPOCH, points));

    assertThat(tail.ends())
        .containsExactly(
            Map.entry("loss", new CurveEnd(new Point("loss", 6, 4), new Point("loss", 2, 1))));
  }

  private static MetricBatch lines(int attempt, List<String> lines) {
    return new MetricBatch("key", attempt, UUID.randomUUID(), Instant.EPOCH, List.of(), lines);
  }

  @Test
  void the_last_hundred_lines_of_the_newest_attempt_are_kept() {
    CurveTail tail = new CurveTail(100);
    tail.add(lines(1, List.of("begins")));
    tail.add(lines(2, LongStream.range(0, 150).mapToObj(Long::toString).toList()));
    tail.add(lines(1, List.of("is late")));

    assertThat(tail.lines()).hasSize(100).startsWith("50").endsWith("149");
  }
}
