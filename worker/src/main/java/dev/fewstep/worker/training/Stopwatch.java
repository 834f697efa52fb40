package dev.fewstep.worker.training;

import java.util.EnumMap;
import java.util.Map;

/** Splits wall time over the parts of a step. */
final class Stopwatch {
  private final Map<Part, Double> spent = new EnumMap<>(Part.class);
  private long last = System.nanoTime();

  /** A part of a step. */
  enum Part {
    DATA,
    SAMPLE,
    FEATURES,
    BACKWARD,
    OPTIMISER
  }

  /** Adds the time since the last lap to a part. */
  void lap(Part part) {
    long now = System.nanoTime();
    spent.merge(part, (now - last) / 1e9, Double::sum);
    last = now;
  }

  /** Seconds by part. */
  StepReport.Seconds seconds() {
    return new StepReport.Seconds(
        spent.getOrDefault(Part.DATA, 0.0),
        spent.getOrDefault(Part.SAMPLE, 0.0),
        spent.getOrDefault(Part.FEATURES, 0.0),
        spent.getOrDefault(Part.BACKWARD, 0.0),
        spent.getOrDefault(Part.OPTIMISER, 0.0));
  }
}
