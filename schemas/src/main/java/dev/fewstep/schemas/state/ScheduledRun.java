package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;

/**
 * What a schedule made of a slot.
 *
 * @param slot the slot; of a run that somebody asked for, when that was
 * @param asked whether somebody asked for it
 * @param experimentId the experiment; there is none when {@code problem} says why
 * @param startedAt record time of the decision
 * @param settledAt record time at which its end was seen
 * @param problem why there is no experiment
 */
public record ScheduledRun(
    Instant slot,
    boolean asked,
    String experimentId,
    Instant startedAt,
    Optional<Instant> settledAt,
    Optional<String> problem) {
  public ScheduledRun {
    requireNonNull(slot, "slot");
    requireNonNull(experimentId, "experimentId");
    requireNonNull(startedAt, "startedAt");
    settledAt = settledAt == null ? Optional.empty() : settledAt;
    problem = problem == null ? Optional.empty() : problem;
  }

  /** Whether its end is still awaited. */
  public boolean open() {
    return settledAt.isEmpty();
  }

  /** The same, its end seen. */
  public ScheduledRun settled(Instant at) {
    return new ScheduledRun(slot, asked, experimentId, startedAt, Optional.of(at), problem);
  }
}
