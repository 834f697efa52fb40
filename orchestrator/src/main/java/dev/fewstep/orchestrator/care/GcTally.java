package dev.fewstep.orchestrator.care;

import dev.fewstep.orchestrator.care.GarbageCollection.Candidate;
import dev.fewstep.orchestrator.care.GcReport.Reason;
import dev.fewstep.store.ObjectInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Counts for the report of a garbage collection. */
final class GcTally {
  private final Map<Group, long[]> groups = new HashMap<>();
  private final List<String> problems = new ArrayList<>();
  private long objects;
  private long bytes;
  private long needed;
  private long young;
  private long kept;
  private long freed;
  private long freedBytes;
  private long spared;
  private long restored;

  private record Group(Reason reason, String experiment) {}

  void seen(ObjectInfo object, boolean isNeeded) {
    objects++;
    bytes += object.bytes();
    if (isNeeded) {
      needed++;
    }
  }

  void young() {
    young++;
  }

  void kept() {
    kept++;
  }

  void found(Candidate candidate) {
    long[] sums =
        groups.computeIfAbsent(
            new Group(candidate.reason(), candidate.experiment()), group -> new long[2]);
    sums[0]++;
    sums[1] += candidate.object().bytes();
  }

  void freed(ObjectInfo object) {
    freed++;
    freedBytes += object.bytes();
  }

  void spared() {
    spared++;
  }

  void restored() {
    restored++;
  }

  void problem(String text, int bound) {
    if (problems.size() < bound) {
      problems.add(text);
    }
  }

  GcReport report(
      boolean deleted, boolean complete, KeepRules rules, Duration grace, long uploads) {
    List<GcReport.Row> rows = new ArrayList<>();
    groups.forEach(
        (group, sums) ->
            rows.add(new GcReport.Row(group.reason(), group.experiment(), sums[0], sums[1])));
    rows.sort(
        Comparator.comparingLong(GcReport.Row::bytes)
            .reversed()
            .thenComparing(GcReport.Row::reason)
            .thenComparing(GcReport.Row::experiment));
    return new GcReport(
        deleted,
        complete,
        rules.toString(),
        grace.toSeconds(),
        objects,
        bytes,
        needed,
        young,
        kept,
        rows,
        freed,
        freedBytes,
        spared,
        restored,
        uploads,
        problems);
  }
}
