package dev.fewstep.worker.ops;

import dev.fewstep.schemas.message.TaskMessage;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Gauges of the task that runs now. Its key and its experiment are labels: there is one task at a
 * time, and its series go when it ends.
 */
final class TaskGauges {
  private static final Map<String, Meter> POINTS =
      Map.of(
          "loss", Meter.TRAIN_LOSS,
          "grad_norm", Meter.TRAIN_GRADIENT,
          "images_per_second", Meter.TRAIN_SPEED);

  private final MeterRegistry registry;
  private final Tags tags;
  private final Map<Meter, AtomicReference<Double>> values = new EnumMap<>(Meter.class);
  private final Map<Meter, Gauge> gauges = new EnumMap<>(Meter.class);
  private boolean ended;

  TaskGauges(MeterRegistry registry, TaskMessage task) {
    this.registry = registry;
    this.tags =
        Tags.of(
            "kind",
            task.kind().name().toLowerCase(Locale.ROOT),
            "experiment",
            task.experimentId(),
            "task",
            task.taskKey());
  }

  /** A point of a curve; those that have no gauge are ignored. */
  void point(String name, double value) {
    Meter meter = POINTS.get(name);
    if (meter != null) {
      set(meter, value);
    }
  }

  /** Sets a gauge, which appears with its first value. */
  synchronized void set(Meter meter, double value) {
    if (ended) {
      return;
    }
    AtomicReference<Double> known = values.get(meter);
    if (known != null) {
      known.set(value);
      return;
    }
    AtomicReference<Double> made = new AtomicReference<>(value);
    values.put(meter, made);
    gauges.put(
        meter,
        Gauge.builder(meter.id(), made, AtomicReference::get)
            .description(meter.help())
            .tags(tags)
            .register(registry));
  }

  /** Removes them all. */
  synchronized void end() {
    ended = true;
    gauges.values().forEach(registry::remove);
  }
}
