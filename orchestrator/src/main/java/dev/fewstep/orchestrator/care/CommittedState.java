package dev.fewstep.orchestrator.care;

import dev.fewstep.orchestrator.experiment.OrchestratorState;
import java.io.IOException;
import java.util.function.Function;

/** The committed state of this replica, which can be brought up to the present. */
public interface CommittedState {
  /**
   * Returns once everything that was written to the state before the call, committed or still about
   * to be, is either folded in or given up.
   *
   * @throws IOException when that cannot be established in a bounded time
   */
  void catchUp() throws IOException;

  /** Reads the state; {@code reader} must not keep it. */
  <T> T read(Function<OrchestratorState, T> reader);
}
