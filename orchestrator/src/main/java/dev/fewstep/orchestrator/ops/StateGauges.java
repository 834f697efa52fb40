package dev.fewstep.orchestrator.ops;

import dev.fewstep.orchestrator.ops.StateNumbers.DeviceClassNumbers;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Gauges that are read off the state at each scrape; what is gone from it is gone from them. */
final class StateGauges {
  private final Map<Meter, MultiGauge> gauges = new EnumMap<>(Meter.class);

  StateGauges(MeterRegistry registry) {
    for (Meter rows :
        List.of(
            Meter.TASKS,
            Meter.STATE_ENTITIES,
            Meter.TASKS_QUEUED,
            Meter.TASKS_PUBLISHED,
            Meter.WORKERS,
            Meter.TASK_RUNNING,
            Meter.EXPERIMENT_TASKS,
            Meter.EXPERIMENT_SCORE,
            Meter.EXPERIMENT_SCORE_RATIO)) {
      gauges.put(rows, MultiGauge.builder(rows.id()).description(rows.help()).register(registry));
    }
    gauges.put(
        Meter.EXPERIMENT_SUBMITTED,
        MultiGauge.builder(Meter.EXPERIMENT_SUBMITTED.id())
            .description(Meter.EXPERIMENT_SUBMITTED.help())
            .baseUnit("seconds")
            .register(registry));
  }

  /** Takes the numbers over. Guarded by its owner's lock. */
  void set(StateNumbers now, List<ExperimentNumbers> experiments) {
    rows(
        Meter.TASKS,
        now.tasks().stream()
            .map(
                one ->
                    row(
                        (double) one.count(),
                        "kind",
                        OrchestratorMetrics.label(one.kind()),
                        "class",
                        one.deviceClass(),
                        "state",
                        OrchestratorMetrics.label(one.state()))));
    rows(
        Meter.STATE_ENTITIES,
        now.entities().entrySet().stream()
            .map(one -> row((double) one.getValue(), "entity", one.getKey())));
    List<DeviceClassNumbers> classes = now.classes();
    rows(
        Meter.TASKS_QUEUED,
        classes.stream().map(one -> row((double) one.waiting(), "class", one.name())));
    rows(
        Meter.TASKS_PUBLISHED,
        classes.stream().map(one -> row((double) one.published(), "class", one.name())));
    rows(
        Meter.WORKERS,
        classes.stream()
            .flatMap(
                one ->
                    Stream.of(
                        row((double) one.idle(), "class", one.name(), "state", "idle"),
                        row((double) one.busy(), "class", one.name(), "state", "busy"))));
    rows(
        Meter.TASK_RUNNING,
        now.running().stream()
            .map(
                one ->
                    row(
                        1,
                        "task",
                        one.key(),
                        "kind",
                        OrchestratorMetrics.label(one.kind()),
                        "experiment",
                        one.experiment(),
                        "trial",
                        one.trial().isPresent() ? "" + one.trial().getAsInt() : "")));
    experimentRows(experiments);
  }

  private void experimentRows(List<ExperimentNumbers> experiments) {
    rows(
        Meter.EXPERIMENT_TASKS,
        experiments.stream()
            .flatMap(
                one ->
                    one.tasks().entrySet().stream()
                        .map(
                            tasks ->
                                row(
                                    tasks.getValue(),
                                    "experiment",
                                    one.id(),
                                    "state",
                                    OrchestratorMetrics.label(tasks.getKey())))));
    rows(
        Meter.EXPERIMENT_SUBMITTED,
        experiments.stream()
            .map(one -> row(one.submittedAt().toEpochMilli() / 1e3, "experiment", one.id())));
    rows(
        Meter.EXPERIMENT_SCORE,
        experiments.stream()
            .flatMap(one -> one.best().stream().map(best -> row(best.score(), tags(one, best)))));
    rows(
        Meter.EXPERIMENT_SCORE_RATIO,
        experiments.stream()
            .flatMap(
                one ->
                    one.best().stream()
                        .flatMap(
                            best ->
                                best.ratio().stream().map(ratio -> row(ratio, tags(one, best))))));
  }

  private static String[] tags(ExperimentNumbers one, ExperimentNumbers.Best best) {
    return new String[] {
      "experiment", one.id(), "space", best.space(), "trial", Integer.toString(best.trial())
    };
  }

  private void rows(Meter meter, Stream<Row<?>> rows) {
    gauges.get(meter).register(rows.toList(), true);
  }

  private static Row<?> row(double value, String... tags) {
    return Row.of(Tags.of(tags), value);
  }
}
