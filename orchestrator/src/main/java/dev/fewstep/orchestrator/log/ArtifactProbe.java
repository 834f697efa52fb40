package dev.fewstep.orchestrator.log;

import java.io.IOException;
import java.util.OptionalLong;

/** Looks an artifact up in the object store. May block. */
@FunctionalInterface
public interface ArtifactProbe {
  /**
   * Size in bytes of the object with that digest, empty when the store says there is none.
   *
   * @throws IOException when the store does not answer
   */
  OptionalLong size(String sha256) throws IOException;
}
