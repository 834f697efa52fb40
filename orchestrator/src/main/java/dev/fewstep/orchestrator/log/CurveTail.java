package dev.fewstep.orchestrator.log;

import dev.fewstep.schemas.message.MetricBatch;
import dev.fewstep.schemas.message.MetricBatch.Point;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The growing curves of one task, thinned so that each has at most a bounded number of points over
 * its whole length, and the last lines of its log. Not safe for use by several threads.
 */
final class CurveTail {
  private static final int MAX_NAMES = 32;
  private static final int MAX_LINES = 100;

  private final int bound;
  private final Map<String, Series> series = new TreeMap<>();
  private final ArrayDeque<String> lines = new ArrayDeque<>();
  private int attempt;

  /**
   * Empty curves.
   *
   * @param bound most points of each curve, 2 or more
   */
  CurveTail(int bound) {
    this.bound = bound;
  }

  /** Adds points; those of an attempt that no longer counts are dropped. */
  void add(MetricBatch batch) {
    if (batch.attempt() < attempt) {
      return;
    }
    if (batch.attempt() > attempt) {
      lines.clear();
    }
    attempt = batch.attempt();
    for (String line : batch.lines()) {
      if (lines.size() == MAX_LINES) {
        lines.removeFirst();
      }
      lines.addLast(line);
    }
    for (Point point : batch.points()) {
      if (series.containsKey(point.name()) || series.size() < MAX_NAMES) {
        series.computeIfAbsent(point.name(), name -> new Series()).add(point, bound);
      }
    }
  }

  /** The points, curve by curve, by step. */
  List<Point> points() {
    List<Point> all = new ArrayList<>();
    series.values().forEach(one -> one.copyTo(all));
    return all;
  }

  /** The last lines that the newest attempt logged, oldest first. */
  List<String> lines() {
    return List.copyOf(lines);
  }

  /** Where each curve stands, by name. */
  Map<String, CurveEnd> ends() {
    Map<String, CurveEnd> ends = new TreeMap<>();
    series.forEach((name, one) -> one.end().ifPresent(end -> ends.put(name, end)));
    return ends;
  }

  /** One curve: every stride-th point, and the last. */
  private static final class Series {
    private final List<Point> kept = new ArrayList<>();
    private Point last;
    private Point least;
    private long stride = 1;
    private long seen;

    void add(Point point, int bound) {
      if (last != null && point.step() <= last.step()) {
        // Another attempt goes on from a checkpoint: what it does again replaces what was.
        kept.removeIf(old -> old.step() >= point.step());
      }
      last = point;
      if (Double.isFinite(point.value()) && (least == null || point.value() < least.value())) {
        least = point;
      }
      if (seen++ % stride == 0) {
        kept.add(point);
      }
      if (kept.size() >= bound) {
        List<Point> half = new ArrayList<>(bound);
        for (int i = 0; i < kept.size(); i += 2) {
          half.add(kept.get(i));
        }
        kept.clear();
        kept.addAll(half);
        stride *= 2;
      }
    }

    Optional<CurveEnd> end() {
      return least == null ? Optional.empty() : Optional.of(new CurveEnd(last, least));
    }

    void copyTo(List<Point> all) {
      all.addAll(kept);
      if (last != null && (kept.isEmpty() || !kept.get(kept.size() - 1).equals(last))) {
        all.add(last);
      }
    }
  }
}
