package dev.fewstep.orchestrator.backup;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Json;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * The files of a backup. What is written appears only when it is whole; what is read is checked
 * before it is believed: names, sizes, digests.
 */
final class BackupFolder {
  private static final int MAX_MANIFEST_BYTES = 64 << 20;
  private static final int MAX_LINE_BYTES = 16 << 20;

  private final Path folder;

  BackupFolder(Path folder) {
    this.folder = requireNonNull(folder, "folder");
  }

  Path path() {
    return folder;
  }

  /** The manifest, empty when there is no backup here. */
  Optional<BackupManifest> manifest() throws BackupException {
    Path file = folder.resolve(BackupManifest.FILE);
    try {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        return Optional.empty();
      }
      if (Files.size(file) > MAX_MANIFEST_BYTES) {
        throw new BackupException(file + " is larger than any manifest");
      }
      return Optional.of(Json.fromBytes(Files.readAllBytes(file), BackupManifest.class));
    } catch (BackupException e) {
      throw e;
    } catch (IOException | UncheckedIOException e) {
      throw new BackupException(file + " is no manifest of a backup: " + root(e), e);
    }
  }

  private static String root(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
  }

  /** Replaces the manifest, after everything that it names is on the disk. */
  void write(BackupManifest manifest) throws IOException {
    byte[] bytes =
        Json.messages()
            .copy()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .writeValueAsBytes(manifest);
    Path part = Files.createTempFile(folder, "manifest", ".part");
    try {
      Files.write(part, bytes);
      sync(part);
      Files.move(
          part,
          folder.resolve(BackupManifest.FILE),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  /** Takes lines of JSON. */
  @FunctionalInterface
  interface Lines {
    void line(byte[] json) throws IOException;
  }

  /** Writes lines. */
  @FunctionalInterface
  interface Writer {
    void write(Lines lines) throws IOException;
  }

  /** Writes a file of lines. */
  BackupManifest.Part write(String what, Writer writer) throws IOException {
    Files.createDirectories(folder);
    Path part = Files.createTempFile(folder, what, ".part");
    try {
      MessageDigest digest = Digests.sha256();
      long[] count = new long[1];
      try (OutputStream out =
          new GZIPOutputStream(
              new DigestOutputStream(
                  new BufferedOutputStream(Files.newOutputStream(part), 1 << 16), digest),
              1 << 16)) {
        writer.write(
            line -> {
              out.write(line);
              out.write('\n');
              count[0]++;
            });
      }
      sync(part);
      String sha256 = HexFormat.of().formatHex(digest.digest());
      String name = what + "-" + sha256.substring(0, 16) + BackupManifest.Part.ENDING;
      Files.move(part, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
      return new BackupManifest.Part(name, count[0], sha256);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static void sync(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /**
   * Reads a file of lines, after its digest was found right.
   *
   * @throws BackupException when it is damaged or not what its manifest says
   */
  void read(BackupManifest.Part part, Consumer<JsonNode> line) throws IOException {
    Path file = folder.resolve(part.file());
    String found = digest(file);
    if (!found.equals(part.sha256())) {
      throw new BackupException(
          file + " is damaged: its SHA-256 is " + found + ", not " + part.sha256());
    }
    long lines = 0;
    try (InputStream in =
        new BufferedInputStream(new GZIPInputStream(Files.newInputStream(file), 1 << 16))) {
      for (Optional<byte[]> next = line(in, file); next.isPresent(); next = line(in, file)) {
        lines++;
        if (lines > part.records()) {
          throw new BackupException(file + " has more lines than its manifest says");
        }
        line.accept(tree(next.get(), file, lines));
      }
    }
    if (lines != part.records()) {
      throw new BackupException(
          file + " has " + lines + " lines, its manifest says " + part.records());
    }
  }

  private static JsonNode tree(byte[] line, Path file, long number) throws IOException {
    try {
      return Json.messages().readTree(line);
    } catch (JsonProcessingException e) {
      throw new BackupException(file + " line " + number + " is no JSON", e);
    }
  }

  private static Optional<byte[]> line(InputStream in, Path file) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(512);
    int next = in.read();
    if (next < 0) {
      return Optional.empty();
    }
    while (next >= 0 && next != '\n') {
      line.write(next);
      if (line.size() > MAX_LINE_BYTES) {
        throw new BackupException(file + " has a line longer than any record");
      }
      next = in.read();
    }
    return Optional.of(line.toByteArray());
  }

  /** Where an artifact's bytes lie. */
  Path object(String sha256) {
    Digests.requireSha256(sha256, "sha256");
    return folder.resolve("objects").resolve(sha256.substring(0, 2)).resolve(sha256);
  }

  /** Whether an artifact of that size is there; with {@code hash}, whether its bytes are right. */
  boolean holds(String sha256, long bytes, boolean hash) throws IOException {
    Path file = object(sha256);
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
        && Files.size(file) == bytes
        && (!hash || digest(file).equals(sha256));
  }

  /**
   * Keeps an artifact's bytes.
   *
   * @throws BackupException when they are not what their digest says
   */
  void store(String sha256, long bytes, InputStream content) throws IOException {
    Path file = object(sha256);
    Files.createDirectories(file.getParent());
    Path part = Files.createTempFile(file.getParent(), ".object", ".part");
    try {
      MessageDigest digest = Digests.sha256();
      long copied;
      try (OutputStream out = new DigestOutputStream(Files.newOutputStream(part), digest)) {
        copied = content.transferTo(out);
      }
      String found = HexFormat.of().formatHex(digest.digest());
      if (copied != bytes || !found.equals(sha256)) {
        throw new BackupException(
            "the store holds other bytes than artifact "
                + sha256
                + " has: "
                + copied
                + " bytes of SHA-256 "
                + found
                + "; find out what uses it with 'fewstep verify'");
      }
      sync(part);
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static String digest(Path file) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new BackupException(
          file + " is missing or no plain file", new NoSuchFileException(file.toString()));
    }
    MessageDigest digest = Digests.sha256();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** UTF-8 of a text. */
  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
