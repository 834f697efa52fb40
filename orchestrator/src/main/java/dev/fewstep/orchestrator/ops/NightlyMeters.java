package dev.fewstep.orchestrator.ops;

import dev.fewstep.schemas.state.BenchmarkRecord;
import dev.fewstep.schemas.state.Judgement;
import dev.fewstep.schemas.state.Verdict;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * Meters of nightly benchmarks: what the newest run of each is and was compared with. Guarded by
 * its owner's lock.
 */
final class NightlyMeters {
  private final MultiGauge scores;
  private final MultiGauge baselines;
  private final MultiGauge verdicts;
  private final MultiGauge accepted;

  NightlyMeters(MeterRegistry registry) {
    scores = gauges(registry, Meter.NIGHTLY_SCORE);
    baselines = gauges(registry, Meter.NIGHTLY_BASELINE);
    verdicts = gauges(registry, Meter.NIGHTLY_VERDICT);
    accepted = gauges(registry, Meter.NIGHTLY_ACCEPTED);
  }

  private static MultiGauge gauges(MeterRegistry registry, Meter meter) {
    return MultiGauge.builder(meter.id()).description(meter.help()).register(registry);
  }

  /** What is shown from now on; series of anything else end. */
  void show(Collection<BenchmarkRecord> newest) {
    List<Row<?>> values = new ArrayList<>();
    List<Row<?>> before = new ArrayList<>();
    List<Row<?>> are = new ArrayList<>();
    List<Row<?>> kept = new ArrayList<>();
    for (BenchmarkRecord run : newest) {
      for (Judgement judgement : run.judgements()) {
        Tags tags = Tags.of("benchmark", run.schedule(), "metric", judgement.metric());
        judgement.value().ifPresent(value -> values.add(Row.of(tags, value)));
        judgement.baseline().ifPresent(value -> before.add(Row.of(tags, value)));
      }
      kept.add(Row.of(Tags.of("benchmark", run.schedule()), run.accepted() ? 1 : 0));
      for (Verdict verdict : Verdict.values()) {
        are.add(
            Row.of(
                Tags.of(
                    "benchmark",
                    run.schedule(),
                    "verdict",
                    verdict.name().toLowerCase(Locale.ROOT)),
                verdict == run.verdict() ? 1 : 0));
      }
    }
    scores.register(values, true);
    baselines.register(before, true);
    verdicts.register(are, true);
    accepted.register(kept, true);
  }
}
