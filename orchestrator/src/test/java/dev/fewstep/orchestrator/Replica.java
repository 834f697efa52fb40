package dev.fewstep.orchestrator;

import dev.fewstep.orchestrator.log.LeaderStatus.Phase;
import dev.fewstep.orchestrator.log.TermListener.Stage;
import java.net.URI;
import java.util.List;

/** An orchestrator that can be stopped at a stage of its leadership and let go on once. */
interface Replica extends AutoCloseable {
  /** Stops its leader the next time that it gets there. */
  void holdAt(Stage stage);

  /** Whether its leader is stopped. */
  boolean held();

  /** Stops the rest of it too, if the rest is to be stopped. */
  void freeze();

  /** Lets it go on. */
  void letGo();

  /** The stages that it has reached since it was let go. */
  List<Stage> trace();

  Phase phase();

  default boolean leads() {
    return phase() == Phase.LEADING;
  }

  boolean ready();

  URI address();

  /** Digest of the state that it leads from; waits until it leads. */
  String digest();

  @Override
  void close();
}
