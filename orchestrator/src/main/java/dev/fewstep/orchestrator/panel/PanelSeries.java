package dev.fewstep.orchestrator.panel;

import dev.fewstep.schemas.Ordered;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * A line of a panel.
 *
 * @param labels what tells it from the panel's other lines
 * @param points in the order of time
 */
public record PanelSeries(Map<String, String> labels, List<Point> points) {
  public PanelSeries {
    labels = Ordered.copyOf(labels);
    points = List.copyOf(points);
  }

  /**
   * A value at a time.
   *
   * @param at seconds since 1970
   * @param value empty when nothing is known of that time
   */
  public record Point(long at, OptionalDouble value) {}
}
