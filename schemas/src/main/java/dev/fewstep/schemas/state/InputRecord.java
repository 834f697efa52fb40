package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Artifact;
import java.time.Instant;

/**
 * A name for imported bytes.
 *
 * @param name what specifications call it
 * @param artifact the bytes
 * @param origin where they came from, for people
 * @param registeredAt record time
 */
public record InputRecord(String name, Artifact artifact, String origin, Instant registeredAt)
    implements StateValue {
  public InputRecord {
    requireNonNull(name, "name");
    requireNonNull(artifact, "artifact");
    requireNonNull(origin, "origin");
    requireNonNull(registeredAt, "registeredAt");
  }
}
