package dev.fewstep.orchestrator.experiment;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;

/**
 * Decides. Pure: the decision is a function of the arguments; neither a clock nor the outside world
 * is asked, and the state is not changed.
 */
public final class Decider {
  private final Settings settings;

  /** A decider with the given times and bounds. */
  public Decider(Settings settings) {
    this.settings = requireNonNull(settings, "settings");
  }

  /**
   * What follows from an input.
   *
   * @param now the leader's wall clock, for the times that people read; never compared with record
   *     time
   */
  public Decision decide(Input input, OrchestratorState state, Instant now) {
    requireNonNull(settings, "settings");
    return new Decision(List.of(), List.of(), List.of(), List.of(), List.of(), false);
  }
}
