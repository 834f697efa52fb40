package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * The leadership.
 *
 * @param term counts the leaders, from 1
 * @param since record time at which the term began: no lease, presence or dispatch is judged by
 *     silence before it
 */
public record LeaderRecord(long term, Instant since) implements StateValue {
  public LeaderRecord {
    requireNonNull(since, "since");
  }
}
