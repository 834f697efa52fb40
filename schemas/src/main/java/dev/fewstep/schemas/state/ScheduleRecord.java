package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.schedule.ScheduleSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A schedule and how far it is.
 *
 * @param spec as set last
 * @param setBy who set it last
 * @param createdAt record time of its creation
 * @param changedAt record time at which it was set last
 * @param pausedAt record time of its pausing; empty while it is not paused
 * @param nextSlot the next slot to decide about: all before it are decided. Empty while it is
 *     paused, and when no slot is left
 * @param runs those of which the experiments are kept, the oldest first
 * @param missed the slots that were let go last
 */
public record ScheduleRecord(
    ScheduleSpec spec,
    String setBy,
    Instant createdAt,
    Instant changedAt,
    Optional<Instant> pausedAt,
    Optional<Instant> nextSlot,
    List<ScheduledRun> runs,
    Optional<MissedSlots> missed)
    implements StateValue {
  public ScheduleRecord {
    requireNonNull(spec, "spec");
    requireNonNull(setBy, "setBy");
    requireNonNull(createdAt, "createdAt");
    requireNonNull(changedAt, "changedAt");
    pausedAt = pausedAt == null ? Optional.empty() : pausedAt;
    nextSlot = nextSlot == null ? Optional.empty() : nextSlot;
    runs = List.copyOf(runs);
    missed = missed == null ? Optional.empty() : missed;
  }

  /** The schedule's name. */
  public String name() {
    return spec.name();
  }

  /** Whether the end of one of its experiments is awaited. */
  public boolean awaits() {
    return runs.stream().anyMatch(ScheduledRun::open);
  }

  /** Set anew. */
  public ScheduleRecord set(ScheduleSpec next, String by, Instant at, Optional<Instant> slot) {
    return new ScheduleRecord(next, by, createdAt, at, pausedAt, slot, runs, missed);
  }

  /** Paused, or going on from a slot. */
  public ScheduleRecord paused(Optional<Instant> at, Optional<Instant> slot) {
    return new ScheduleRecord(spec, setBy, createdAt, changedAt, at, slot, runs, missed);
  }

  /** All slots before another are decided. */
  public ScheduleRecord at(Optional<Instant> slot, Optional<MissedSlots> let) {
    return new ScheduleRecord(
        spec, setBy, createdAt, changedAt, pausedAt, slot, runs, let.isPresent() ? let : missed);
  }

  /** With other runs. */
  public ScheduleRecord with(List<ScheduledRun> changed) {
    return new ScheduleRecord(
        spec, setBy, createdAt, changedAt, pausedAt, nextSlot, changed, missed);
  }

  /** With one more run. */
  public ScheduleRecord plus(ScheduledRun run) {
    List<ScheduledRun> more = new ArrayList<>(runs);
    more.add(run);
    return with(more);
  }
}
