package dev.fewstep.orchestrator.transfer;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.experiment.ImportedExperiment;
import dev.fewstep.orchestrator.transfer.PackageManifest.Entry;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.schemas.state.TaskRecord;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/**
 * Reads a package that a stranger may have written. It is read once from end to end, every digest
 * and every record, before anything of it is used; nothing in it names a place where something is
 * written.
 */
public final class PackageReader {
  /** Largest manifest in bytes: some 200,000 files. */
  private static final int MANIFEST_LIMIT = 64 << 20;

  /** Records may take so much of the heap at most, uncompressed. */
  private static final int HEAP_PART = 3;

  private static final long RECORDS_LIMIT = 2L << 30;

  private final Path file;
  private final PackageManifest manifest;
  private final ImportedExperiment experiment;

  private PackageReader(Path file, PackageManifest manifest, ImportedExperiment experiment) {
    this.file = file;
    this.manifest = manifest;
    this.experiment = experiment;
  }

  /**
   * Reads all of a package.
   *
   * @throws PackageException when it is none, or is not as its manifest says
   * @throws IOException when the disk does not answer
   */
  public static PackageReader open(Path file) throws IOException {
    requireNonNull(file, "file");
    long limit = Math.min(RECORDS_LIMIT, Runtime.getRuntime().maxMemory() / HEAP_PART);
    return open(file, limit);
  }

  static PackageReader open(Path file, long recordsLimit) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      PlainTar tar = new PlainTar(in);
      PackageManifest manifest = manifest(tar);
      ImportedExperiment experiment = null;
      for (Entry entry : manifest.files()) {
        require(tar, entry);
        MessageDigest digest = Digests.sha256();
        InputStream content = new DigestInputStream(tar.content(), digest);
        if (entry.path().equals(PackageManifest.RECORDS)) {
          experiment = records(content, manifest.experimentId(), recordsLimit);
        }
        content.transferTo(OutputStream.nullOutputStream());
        if (!HexFormat.of().formatHex(digest.digest()).equals(entry.sha256())) {
          throw new PackageException(entry.path() + " is damaged: its digest is another");
        }
      }
      if (tar.next().isPresent()) {
        throw new PackageException("'" + tar.shown() + "' is not in its manifest");
      }
      PackageReader reader = new PackageReader(file, manifest, requireNonNull(experiment));
      reader.requireKnown();
      return reader;
    } catch (java.io.EOFException e) {
      throw new PackageException("it ends in the middle", e);
    }
  }

  private static PackageManifest manifest(PlainTar tar) throws IOException {
    Optional<Long> size = tar.next();
    if (size.isEmpty() || !tar.name().equals(PackageManifest.FILE)) {
      throw new PackageException("it does not begin with " + PackageManifest.FILE);
    }
    if (size.get() > MANIFEST_LIMIT) {
      throw new PackageException("its manifest is larger than " + MANIFEST_LIMIT + " bytes");
    }
    byte[] bytes = tar.content().readAllBytes();
    try {
      return Json.messages().readValue(bytes, PackageManifest.class);
    } catch (IOException e) {
      Throwable why = e.getCause() == null ? e : e.getCause();
      throw new PackageException("its manifest is wrong: " + sentence(why), e);
    }
  }

  /** The next entry is the one that the manifest has next. */
  private static void require(PlainTar tar, Entry entry) throws IOException {
    Optional<Long> size = tar.next();
    if (size.isEmpty()) {
      throw new PackageException("it lacks " + entry.path());
    }
    if (!tar.name().equals(entry.path())) {
      throw new PackageException(
          "'" + tar.shown() + "' comes where its manifest has " + entry.path());
    }
    if (size.get() != entry.bytes()) {
      throw new PackageException(
          entry.path() + " has " + size.get() + " bytes, not " + entry.bytes());
    }
  }

  private static ImportedExperiment records(InputStream content, String id, long limit)
      throws IOException {
    ImportedExperiment.Reader reader = new ImportedExperiment.Reader(id);
    StateCodec codec = new StateCodec();
    try (InputStream in = new Bounded(new GZIPInputStream(new Unclosed(content), 1 << 16), limit);
        JsonParser json = Json.messages().getFactory().createParser(in)) {
      for (JsonToken next = json.nextToken(); next != null; next = json.nextToken()) {
        if (next != JsonToken.START_OBJECT) {
          throw new PackageException("its records are no JSON objects");
        }
        JsonNode entry = json.readValueAsTree();
        reader.take(
            codec.decode(
                entry.path("key").asText(), Optional.of(Json.toBytes(entry.path("record")))));
      }
      return reader.read();
    } catch (PackageException e) {
      throw e;
    } catch (java.util.zip.ZipException
        | com.fasterxml.jackson.core.JacksonException
        | RuntimeException e) {
      Throwable why = e instanceof UncheckedIOException && e.getCause() != null ? e.getCause() : e;
      throw new PackageException("its records are wrong: " + sentence(why), e);
    }
  }

  private static String sentence(Throwable why) {
    String text =
        why instanceof com.fasterxml.jackson.core.JacksonException json
            ? json.getOriginalMessage()
            : String.valueOf(why.getMessage());
    return text.length() > 300 ? text.substring(0, 300) + "…" : text;
  }

  /** Every file is one that the records name, with its size. */
  private void requireKnown() throws PackageException {
    Map<String, Artifact> known = new HashMap<>();
    experiment.experiment().inputs().values().forEach(input -> known.put(input.sha256(), input));
    for (TaskRecord task : experiment.content().tasks()) {
      task.result().ifPresent(r -> r.artifacts().forEach(made -> known.put(made.sha256(), made)));
    }
    for (Entry entry : manifest.files()) {
      if (entry.artifact()) {
        Artifact artifact = known.get(entry.sha256());
        if (artifact == null || artifact.bytes() != entry.bytes()) {
          throw new PackageException("nothing in its records names " + entry.path());
        }
        artifact(entry);
      }
    }
  }

  private static Artifact artifact(Entry entry) throws PackageException {
    try {
      return new Artifact(
          ArtifactKind.valueOf(entry.kind()), entry.name(), entry.bytes(), entry.sha256());
    } catch (IllegalArgumentException e) {
      throw new PackageException(entry.path() + " is no artifact: " + e.getMessage(), e);
    }
  }

  /** The manifest. */
  public PackageManifest manifest() {
    return manifest;
  }

  /** The experiment. */
  public ImportedExperiment experiment() {
    return experiment;
  }

  /** Takes the artifacts one after the other. */
  @FunctionalInterface
  interface Visitor {
    /** Takes one; what it does not read is skipped. */
    void visit(Artifact artifact, InputStream content) throws IOException;
  }

  /** Hands every artifact on, after all of the file was seen to be right. */
  void artifacts(Visitor visitor) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      PlainTar tar = new PlainTar(in);
      var unused = tar.next();
      for (Entry entry : manifest.files()) {
        require(tar, entry);
        if (entry.artifact()) {
          visitor.visit(artifact(entry), tar.content());
        }
      }
    }
  }

  /** Passes closing on to nobody: the archive goes on behind it. */
  private static final class Unclosed extends java.io.FilterInputStream {
    Unclosed(InputStream in) {
      super(in);
    }

    @Override
    public void close() {}
  }

  /** A stream that ends with a refusal when it becomes too long. */
  private static final class Bounded extends java.io.FilterInputStream {
    private final long limit;
    private long read;

    Bounded(InputStream in, long limit) {
      super(in);
      this.limit = limit;
    }

    @Override
    public int read() throws IOException {
      int one = super.read();
      count(one < 0 ? 0 : 1);
      return one;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = super.read(bytes, offset, length);
      count(Math.max(0, count));
      return count;
    }

    private void count(long bytes) throws PackageException {
      read += bytes;
      if (read > limit) {
        throw new PackageException(
            "its records are larger than "
                + (limit >> 20)
                + " MiB, which is what this server's heap allows");
      }
    }
  }
}
