package dev.fewstep.schemas.schedule;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import java.time.Duration;

/**
 * What becomes of slots that nobody led through.
 *
 * @param policy which of them are run
 * @param within how late a slot may be run at most, above 0 and at most 31 days; does not matter to
 *     {@link Policy#SKIP}
 */
public record CatchUp(Policy policy, Duration within) {
  /** How late a slot of {@link Policy#SKIP} still counts as in time: a change of leaders. */
  public static final Duration IN_TIME = Duration.ofMinutes(1);

  private static final Duration LONGEST = Duration.ofDays(31);

  public CatchUp {
    requireNonNull(policy, "catchUp.policy is required");
    within = requireNonNullElse(within, Duration.ofHours(12));
    require(
        within.compareTo(Duration.ZERO) > 0 && within.compareTo(LONGEST) <= 0,
        "catchUp.within must be above 0 and at most %s, not %s",
        LONGEST,
        within);
  }

  /** The newest slot, up to half a day late. */
  public static CatchUp usual() {
    return new CatchUp(Policy.LATEST, Duration.ofHours(12));
  }

  /** How late a slot may be run. */
  public Duration bound() {
    return policy == Policy.SKIP ? IN_TIME : within;
  }

  /** Which late slots are run. */
  public enum Policy {
    /** None that is later than a minute. */
    SKIP,
    /** The newest one. */
    LATEST,
    /** All of them, the oldest first. */
    ALL
  }
}
