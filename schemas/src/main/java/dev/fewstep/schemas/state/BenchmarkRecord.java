package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonFormat;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The scores of a run of a schedule with a gate, and what the gate made of them. It outlives the
 * run's experiment.
 *
 * @param schedule the schedule: the benchmark's name
 * @param experimentId the run's experiment
 * @param slot the run's slot
 * @param at record time of its end
 * @param scores by metric and seed
 * @param verdict of the whole: the worst of its judgements
 * @param judgements one for each metric of the run or of its baseline
 * @param accepted whether it is part of later baselines
 */
public record BenchmarkRecord(
    String schedule,
    String experimentId,
    Instant slot,
    Instant at,
    @JsonFormat(with = JsonFormat.Feature.WRITE_SORTED_MAP_ENTRIES)
        Map<String, Map<String, Double>> scores,
    Verdict verdict,
    List<Judgement> judgements,
    boolean accepted)
    implements StateValue {
  public BenchmarkRecord {
    requireNonNull(schedule, "schedule");
    requireNonNull(experimentId, "experimentId");
    requireNonNull(slot, "slot");
    requireNonNull(at, "at");
    TreeMap<String, Map<String, Double>> sorted = new TreeMap<>();
    scores.forEach(
        (metric, seeds) -> sorted.put(metric, Collections.unmodifiableMap(new TreeMap<>(seeds))));
    scores = Collections.unmodifiableMap(sorted);
    requireNonNull(verdict, "verdict");
    judgements = List.copyOf(judgements);
  }

  /** The same as part of later baselines. */
  public BenchmarkRecord accept() {
    return new BenchmarkRecord(schedule, experimentId, slot, at, scores, verdict, judgements, true);
  }
}
