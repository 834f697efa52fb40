package dev.fewstep.orchestrator.transfer;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.orchestrator.experiment.ArchiveContent;
import dev.fewstep.orchestrator.transfer.PackageManifest.Entry;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.store.S3Bucket;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * Writes an experiment as one file: a tar of the manifest, the records, the specification and the
 * artifacts. What it needs to know beforehand it has on disk; artifacts go from the store to the
 * stream and are checked on the way. For one thread; closing it removes what is on disk.
 */
public final class PackageWriter implements AutoCloseable {
  private final ObjectStore store;
  private final PackageManifest manifest;
  private final Path records;
  private final byte[] spec;

  private PackageWriter(ObjectStore store, PackageManifest manifest, Path records, byte[] spec) {
    this.store = store;
    this.manifest = manifest;
    this.records = records;
    this.spec = spec;
  }

  /**
   * What to write.
   *
   * @param contents which files of tasks
   * @param inputs whether the files of inputs too; else their digests alone
   * @param origin what to call this installation
   * @param version version of fewstep here
   * @param at wall clock
   */
  public record Choice(
      PackageContents contents, boolean inputs, String origin, String version, Instant at) {
    public Choice {
      requireNonNull(contents, "contents");
      requireNonNull(origin, "origin");
      requireNonNull(version, "version");
      requireNonNull(at, "at");
    }
  }

  /**
   * Finds out what there is to write.
   *
   * @throws IOException when the store or the disk does not answer
   */
  public static PackageWriter prepare(ArchiveContent content, Choice choice, ObjectStore store)
      throws IOException {
    Path records = Files.createTempFile("fewstep-export", ".records");
    boolean prepared = false;
    try {
      byte[] spec = Json.toBytes(content.experiment().spec());
      List<Entry> files = new ArrayList<>();
      files.add(records(content, records));
      files.add(
          new Entry(PackageManifest.SPEC, "SPEC", "spec", spec.length, Digests.sha256Hex(spec)));
      List<Artifact> absent = new ArrayList<>();
      for (Artifact artifact : artifacts(content, choice)) {
        OptionalLong size = store.size(artifact.sha256());
        if (size.isPresent() && size.getAsLong() == artifact.bytes()) {
          files.add(Entry.of(artifact));
        } else {
          absent.add(artifact);
        }
      }
      PackageManifest manifest =
          new PackageManifest(
              PackageManifest.FORMAT,
              PackageManifest.VERSION,
              StateCodec.SCHEMA_VERSION,
              choice.version(),
              content.experimentId(),
              choice.origin(),
              choice.at(),
              choice.contents(),
              choice.inputs(),
              files,
              absent);
      PackageWriter writer = new PackageWriter(store, manifest, records, spec);
      prepared = true;
      return writer;
    } finally {
      if (!prepared) {
        Files.deleteIfExists(records);
      }
    }
  }

  private static Iterable<Artifact> artifacts(ArchiveContent content, Choice choice) {
    Map<String, Artifact> files = new LinkedHashMap<>();
    if (choice.inputs()) {
      content
          .experiment()
          .inputs()
          .values()
          .forEach(file -> files.putIfAbsent(file.sha256(), file));
    }
    for (TaskRecord task : content.tasks()) {
      task.result().stream()
          .flatMap(result -> result.artifacts().stream())
          .filter(file -> choice.contents().includes(file.kind()))
          .forEach(file -> files.putIfAbsent(file.sha256(), file));
    }
    return files.values();
  }

  private static Entry records(ArchiveContent content, Path file) throws IOException {
    StateCodec codec = new StateCodec();
    MessageDigest digest = Digests.sha256();
    try (OutputStream out =
        new GZIPOutputStream(
            new DigestOutputStream(
                new BufferedOutputStream(Files.newOutputStream(file)), digest))) {
      for (StateRecord entry : content.records()) {
        out.write("{\"key\":".getBytes(StandardCharsets.UTF_8));
        out.write(Json.toBytes(entry.key()));
        out.write(",\"record\":".getBytes(StandardCharsets.UTF_8));
        out.write(codec.encode(entry).orElseThrow());
        out.write("}\n".getBytes(StandardCharsets.UTF_8));
      }
    }
    return new Entry(
        PackageManifest.RECORDS,
        "RECORDS",
        "records",
        Files.size(file),
        HexFormat.of().formatHex(digest.digest()));
  }

  /** What will be written. */
  public PackageManifest manifest() {
    return manifest;
  }

  /**
   * Writes it; does not close the stream.
   *
   * @throws IOException when the stream takes no more, or an artifact is not what its digest says:
   *     what was written then is no package
   */
  public void write(OutputStream out) throws IOException {
    TarArchiveOutputStream tar = new TarArchiveOutputStream(out, "UTF-8");
    // Sizes beyond 8 GiB fit into the header itself, so that a package has plain entries only.
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_STAR);
    byte[] head = Json.messages().writerWithDefaultPrettyPrinter().writeValueAsBytes(manifest);
    begin(tar, PackageManifest.FILE, head.length);
    tar.write(head);
    tar.closeArchiveEntry();
    for (Entry entry : manifest.files()) {
      begin(tar, entry.path(), entry.bytes());
      if (entry.artifact()) {
        artifact(tar, entry);
      } else if (entry.path().equals(PackageManifest.SPEC)) {
        tar.write(spec);
      } else {
        Files.copy(records, tar);
      }
      tar.closeArchiveEntry();
    }
    tar.finish();
    tar.flush();
  }

  private void begin(TarArchiveOutputStream tar, String path, long bytes) throws IOException {
    TarArchiveEntry header = new TarArchiveEntry(path);
    header.setSize(bytes);
    header.setModTime(Date.from(manifest.exportedAt()));
    header.setMode(0644);
    tar.putArchiveEntry(header);
  }

  private void artifact(OutputStream tar, Entry entry) throws IOException {
    MessageDigest digest = Digests.sha256();
    S3Bucket.Content content =
        store
            .open(entry.sha256())
            .orElseThrow(() -> new IOException("the object " + entry.sha256() + " has gone"));
    try (content;
        InputStream in = new DigestInputStream(content.stream(), digest)) {
      in.transferTo(tar);
    }
    if (!HexFormat.of().formatHex(digest.digest()).equals(entry.sha256())) {
      throw new IOException("the store holds other bytes than " + entry.sha256() + " names");
    }
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(records);
  }
}
