package dev.fewstep.orchestrator.log;

import dev.fewstep.orchestrator.experiment.OrchestratorState;

/**
 * Hears how far a leader has come, on the leader's thread, which goes on when it returns: a leader
 * that is held there while another leads must not write anything when it goes on.
 */
@FunctionalInterface
public interface TermListener {
  /**
   * Where a leader is. The first two come once a term, the last once a second, the others with
   * every transaction.
   */
  enum Stage {
    /** The inbox is assigned; the leader before is not fenced. */
    ASSIGNED,
    /** The leader before is fenced; the state is not replayed. */
    FENCED,
    /** The inbox was read; nothing of it is decided. */
    READ,
    /** A transaction is open and its records are handed to the producer. */
    SENT,
    /** The place in the inbox is part of the transaction, which is not committed. */
    OFFSETS_SENT
  }

  /**
   * The leader is there. An exception ends the term as any other would.
   *
   * @param state what it decides from; to be read before this returns, and not to be kept
   */
  void reached(Stage stage, OrchestratorState state);

  /** Hears nothing. */
  static TermListener none() {
    return (stage, state) -> {};
  }
}
