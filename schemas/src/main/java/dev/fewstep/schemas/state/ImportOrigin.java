package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Digests;
import java.time.Instant;

/**
 * Where an experiment came from that another installation ran.
 *
 * @param origin the other installation, as whoever exported there calls it
 * @param version version of fewstep that wrote the file
 * @param exportedAt wall clock of its writer
 * @param importedBy who brought it here
 * @param sha256 digest of the file
 */
public record ImportOrigin(
    String origin, String version, Instant exportedAt, String importedBy, String sha256) {
  public ImportOrigin {
    requireNonNull(origin, "origin");
    requireNonNull(version, "version");
    requireNonNull(exportedAt, "exportedAt");
    requireNonNull(importedBy, "importedBy");
    Digests.requireSha256(sha256, "sha256");
  }
}
