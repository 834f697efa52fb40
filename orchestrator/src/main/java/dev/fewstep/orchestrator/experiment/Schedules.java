package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.state.ScheduleRecord;
import dev.fewstep.schemas.state.ScheduledRun;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** The schedules of a state, by name and by their next slot. For the state's thread. */
public final class Schedules {
  private record Due(Instant slot, String name) {}

  private final TreeMap<String, ScheduleRecord> byName = new TreeMap<>();
  private final TreeSet<Due> due =
      new TreeSet<>(Comparator.comparing(Due::slot).thenComparing(Due::name));
  private final TreeSet<String> awaiting = new TreeSet<>();

  void replay(String name, Optional<ScheduleRecord> entry) {
    schedule(name).flatMap(ScheduleRecord::nextSlot).ifPresent(at -> due.remove(new Due(at, name)));
    awaiting.remove(name);
    byName.remove(name);
    entry.ifPresent(
        present -> {
          byName.put(name, present);
          present.nextSlot().ifPresent(at -> due.add(new Due(at, name)));
          if (present.awaits()) {
            awaiting.add(name);
          }
        });
  }

  /** Every schedule, by name. */
  public Collection<ScheduleRecord> all() {
    return Collections.unmodifiableCollection(byName.values());
  }

  /** A schedule. */
  public Optional<ScheduleRecord> schedule(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** Experiments that have ended and are more than their schedules keep, the oldest first. */
  public List<String> surplus() {
    List<String> surplus = new ArrayList<>();
    for (ScheduleRecord schedule : byName.values()) {
      int more = schedule.runs().size() - schedule.spec().retention();
      schedule.runs().stream()
          .limit(Math.max(0, more))
          .filter(run -> !run.open() && run.problem().isEmpty())
          .map(ScheduledRun::experimentId)
          .forEach(surplus::add);
    }
    return surplus;
  }

  /** The schedule whose slot has waited longest, when one is due. */
  Optional<ScheduleRecord> due(Instant now) {
    return due.isEmpty() || due.first().slot().isAfter(now)
        ? Optional.empty()
        : schedule(due.first().name());
  }

  /** Names of those that await the end of an experiment. */
  Collection<String> awaiting() {
    return awaiting;
  }
}
