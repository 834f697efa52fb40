package dev.fewstep.worker.task.program;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.message.MetricBatch.Point;
import org.junit.jupiter.api.Test;

class CurveTest {
  @Test
  void the_least_point_is_the_first_of_the_lowest_finite_ones() {
    Curve curve = new Curve(10);
    assertThat(curve.least("loss")).isEmpty();
    double[] values = {3, Double.NaN, 1, 2, 1, Double.POSITIVE_INFINITY};
    for (int step = 0; step < values.length; step++) {
      curve.add(new Point("loss", step, values[step]));
      curve.add(new Point("grad_norm", step, -1));
    }
    assertThat(curve.least("loss")).contains(new Point("loss", 2, 1));
  }

  @Test
  void a_resumed_curve_remembers_its_least_point() {
    Curve first = new Curve(10);
    first.add(new Point("loss", 0, 0.5));
    Curve resumed = new Curve(10);
    resumed.restore(first.text());
    resumed.add(new Point("loss", 1, 0.75));
    assertThat(resumed.least("loss")).contains(new Point("loss", 0, 0.5));
  }
}
