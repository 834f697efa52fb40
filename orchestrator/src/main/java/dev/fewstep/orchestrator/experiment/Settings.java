package dev.fewstep.orchestrator.experiment;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Times and bounds of the decisions.
 *
 * @param lease how long an execution may be silent
 * @param presence how long a worker may be silent before it is forgotten
 * @param dispatch how long a published attempt may stay unstarted before it counts as lost
 * @param maxBackoff bound on a task's backoff
 * @param outcomeRetention how long a command's outcome is kept
 * @param poisonLosses losses in a row, without getting further, that fail a task
 * @param planChunk trials planned in one decision
 * @param moveChunk tasks moved in one decision by readiness or cancelling
 * @param aging how long an experiment with ready tasks goes unserved for each point of priority
 *     that it gains
 */
public record Settings(
    Duration lease,
    Duration presence,
    Duration dispatch,
    Duration maxBackoff,
    Duration outcomeRetention,
    int poisonLosses,
    int planChunk,
    int moveChunk,
    Duration aging) {
  /** With the usual aging. */
  public Settings(
      Duration lease,
      Duration presence,
      Duration dispatch,
      Duration maxBackoff,
      Duration outcomeRetention,
      int poisonLosses,
      int planChunk,
      int moveChunk) {
    this(
        lease,
        presence,
        dispatch,
        maxBackoff,
        outcomeRetention,
        poisonLosses,
        planChunk,
        moveChunk,
        Duration.ofMinutes(5));
  }

  public Settings {
    positive(lease, "lease");
    positive(presence, "presence");
    positive(dispatch, "dispatch");
    positive(maxBackoff, "maxBackoff");
    positive(outcomeRetention, "outcomeRetention");
    positive(aging, "aging");
    require(poisonLosses >= 1, "poisonLosses must be positive, not %s", poisonLosses);
    require(planChunk >= 1, "planChunk must be positive, not %s", planChunk);
    require(moveChunk >= 1, "moveChunk must be positive, not %s", moveChunk);
  }

  private static void positive(Duration value, String name) {
    requireNonNull(value, name);
    require(!value.isNegative() && !value.isZero(), "%s must be positive, not %s", name, value);
  }

  /**
   * Leases and dispatch of 30 s, presence of 20 s, chunks of 500, a point of priority in 5 minutes.
   */
  public static Settings defaults() {
    return new Settings(
        Duration.ofSeconds(30),
        Duration.ofSeconds(20),
        Duration.ofSeconds(30),
        Duration.ofHours(1),
        Duration.ofDays(7),
        3,
        500,
        500);
  }

  /** The same with another lease. */
  public Settings withLease(Duration value) {
    return new Settings(
        value,
        presence,
        dispatch,
        maxBackoff,
        outcomeRetention,
        poisonLosses,
        planChunk,
        moveChunk,
        aging);
  }

  /** The same with another presence. */
  public Settings withPresence(Duration value) {
    return new Settings(
        lease,
        value,
        dispatch,
        maxBackoff,
        outcomeRetention,
        poisonLosses,
        planChunk,
        moveChunk,
        aging);
  }

  /** The same with another dispatch. */
  public Settings withDispatch(Duration value) {
    return new Settings(
        lease,
        presence,
        value,
        maxBackoff,
        outcomeRetention,
        poisonLosses,
        planChunk,
        moveChunk,
        aging);
  }
}
