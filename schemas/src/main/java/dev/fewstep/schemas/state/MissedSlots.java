package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * Slots that were let go, by the schedule's catch-up policy.
 *
 * @param from the first of them
 * @param before all before this time
 * @param noted record time of the decision
 */
public record MissedSlots(Instant from, Instant before, Instant noted) {
  public MissedSlots {
    requireNonNull(from, "from");
    requireNonNull(before, "before");
    requireNonNull(noted, "noted");
  }
}
