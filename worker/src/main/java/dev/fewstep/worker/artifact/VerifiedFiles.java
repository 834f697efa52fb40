package dev.fewstep.worker.artifact;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Digests;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.UUID;

/** Copies that are checked against a digest and appear whole or not at all. */
final class VerifiedFiles {
  /** Ending of files that are being written; one that is found at a start was left by a crash. */
  static final String PARTIAL = ".part";

  private static final int BUFFER_BYTES = 1 << 16;

  private VerifiedFiles() {}

  /** Lower-case hex SHA-256 of a file. */
  static String digest(Path file) throws IOException {
    MessageDigest digest = Digests.sha256();
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * Copies a stream of the store to a file.
   *
   * @throws StoreException when the stream breaks (UNAVAILABLE) or its bytes are not the artifact's
   *     (CORRUPT)
   * @throws IOException when the local file cannot be written; nothing is left of it
   */
  static void write(InputStream source, Artifact artifact, Path target) throws IOException {
    Path partial = partialOf(target);
    boolean complete = false;
    try {
      try (OutputStream out = Files.newOutputStream(partial, StandardOpenOption.CREATE_NEW)) {
        copy(source, out, artifact);
      }
      Files.move(
          partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      complete = true;
    } finally {
      if (!complete) {
        Files.deleteIfExists(partial);
      }
    }
  }

  private static void copy(InputStream source, OutputStream out, Artifact artifact)
      throws IOException {
    MessageDigest digest = Digests.sha256();
    byte[] buffer = new byte[BUFFER_BYTES];
    long bytes = 0;
    while (true) {
      int read = read(source, buffer, artifact);
      if (read < 0) {
        break;
      }
      bytes += read;
      if (bytes > artifact.bytes()) {
        throw corrupt(artifact, "more than " + artifact.bytes() + " bytes");
      }
      digest.update(buffer, 0, read);
      out.write(buffer, 0, read);
    }
    if (bytes != artifact.bytes()) {
      throw corrupt(artifact, bytes + " instead of " + artifact.bytes() + " bytes");
    }
    String found = HexFormat.of().formatHex(digest.digest());
    if (!found.equals(artifact.sha256())) {
      throw corrupt(artifact, "the digest " + found);
    }
  }

  private static int read(InputStream source, byte[] buffer, Artifact artifact)
      throws StoreException {
    try {
      return source.read(buffer);
    } catch (IOException e) {
      throw new StoreException(
          StoreException.Reason.UNAVAILABLE,
          "the store broke off while sending " + describe(artifact),
          e);
    }
  }

  static Path partialOf(Path target) {
    return target.resolveSibling(target.getFileName() + "." + UUID.randomUUID() + PARTIAL);
  }

  static String describe(Artifact artifact) {
    return artifact.name() + " (" + artifact.objectKey() + ")";
  }

  private static StoreException corrupt(Artifact artifact, String found) {
    return new StoreException(
        StoreException.Reason.CORRUPT,
        "the stored object of " + describe(artifact) + " is damaged: it has " + found);
  }
}
