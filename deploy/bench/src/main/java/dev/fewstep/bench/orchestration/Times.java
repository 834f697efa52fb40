package dev.fewstep.bench.orchestration;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Durations in milliseconds and their order statistics. Safe for use by several threads. */
final class Times {
  private final List<Double> millis = Collections.synchronizedList(new ArrayList<>());

  void add(double value) {
    millis.add(value);
  }

  void clear() {
    millis.clear();
  }

  int count() {
    return millis.size();
  }

  /** The least value that a share of the others does not exceed; NaN without values. */
  double quantile(double share) {
    List<Double> sorted = new ArrayList<>(millis);
    Collections.sort(sorted);
    return sorted.isEmpty()
        ? Double.NaN
        : sorted.get(Math.min(sorted.size() - 1, (int) Math.floor(share * sorted.size())));
  }
}
