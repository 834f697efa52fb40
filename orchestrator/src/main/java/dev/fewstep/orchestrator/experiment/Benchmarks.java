package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.state.BenchmarkRecord;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The scores of scheduled runs of a state. For the state's thread. */
public final class Benchmarks {
  private static final Comparator<BenchmarkRecord> NEWEST_FIRST =
      Comparator.comparing(BenchmarkRecord::at)
          .thenComparing(BenchmarkRecord::slot)
          .thenComparing(BenchmarkRecord::experimentId)
          .reversed();

  private final Map<String, BenchmarkRecord> byId = new HashMap<>();
  private final TreeMap<String, TreeSet<BenchmarkRecord>> bySchedule = new TreeMap<>();

  void replay(String id, Optional<BenchmarkRecord> entry) {
    Optional.ofNullable(byId.remove(id))
        .ifPresent(
            old -> {
              TreeSet<BenchmarkRecord> runs = bySchedule.get(old.schedule());
              runs.remove(old);
              if (runs.isEmpty()) {
                bySchedule.remove(old.schedule());
              }
            });
    entry.ifPresent(
        present -> {
          byId.put(id, present);
          bySchedule
              .computeIfAbsent(present.schedule(), name -> new TreeSet<>(NEWEST_FIRST))
              .add(present);
        });
  }

  Stream<BenchmarkRecord> records() {
    return byId.values().stream();
  }

  /** Names of the schedules that have runs, in order. */
  public List<String> names() {
    return List.copyOf(bySchedule.keySet());
  }

  /** The runs of a schedule that are known, the newest first. */
  public List<BenchmarkRecord> history(String schedule) {
    TreeSet<BenchmarkRecord> runs = bySchedule.get(schedule);
    return runs == null ? List.of() : Collections.unmodifiableList(new ArrayList<>(runs));
  }

  /** The newest run of each schedule. */
  public List<BenchmarkRecord> newest() {
    return bySchedule.values().stream().map(TreeSet::first).toList();
  }

  /** The newest run of a schedule. */
  public Optional<BenchmarkRecord> newest(String schedule) {
    return Optional.ofNullable(bySchedule.get(schedule)).map(TreeSet::first);
  }

  /** A run. */
  public Optional<BenchmarkRecord> run(String schedule, String experimentId) {
    return Optional.ofNullable(byId.get(schedule + "/" + experimentId));
  }
}
