package dev.fewstep.schemas;

import static java.util.Objects.requireNonNull;

/**
 * A file in the object store, content-addressed.
 *
 * @param kind what it is for
 * @param name file name within its task, such as {@code weights.safetensors}; unique in a manifest
 * @param bytes size in bytes, 0 or more
 * @param sha256 lower-case hex SHA-256 of the content, 64 characters
 */
public record Artifact(ArtifactKind kind, String name, long bytes, String sha256) {
  public Artifact {
    requireNonNull(kind, "kind");
    requireNonNull(name, "name");
    Digests.requireSha256(sha256, "sha256");
    if (name.isBlank() || name.contains("/") || name.contains("\\") || name.startsWith(".")) {
      throw new IllegalArgumentException("an artifact's name must be a plain file name: " + name);
    }
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes must not be negative: " + bytes);
    }
  }

  /** The object's key in the store: {@code sha256/ab/abcd…}. */
  public String objectKey() {
    return "sha256/" + sha256.substring(0, 2) + "/" + sha256;
  }
}
