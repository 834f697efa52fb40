package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

/**
 * What a replica's leader loop is doing.
 *
 * @param phase where it is
 * @param problem why it last gave up, empty when it never did or has led since
 */
public record LeaderStatus(Phase phase, String problem) {
  public LeaderStatus {
    requireNonNull(phase, "phase");
    requireNonNull(problem, "problem");
  }

  /** Phases of a leader loop. */
  public enum Phase {
    /** Another replica leads, or none yet. */
    FOLLOWING,
    /** Elected; replays the state. */
    TAKING_OVER,
    /** Leads. */
    LEADING,
    /** Lost its place by an error and waits before it tries again. */
    RECOVERING,
    /** Stopped. */
    CLOSED
  }
}
