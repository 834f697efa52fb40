package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Artifact;

/**
 * Where another attempt resumes.
 *
 * @param step steps done
 * @param artifact the resumable state
 */
public record CheckpointRef(long step, Artifact artifact) {
  public CheckpointRef {
    requireNonNull(artifact, "artifact");
  }
}
