package dev.fewstep.orchestrator.archive;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.orchestrator.experiment.ArchiveContent;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.ArchivedRecord;
import dev.fewstep.store.S3Bucket;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Writes archives and reads them back. What it has read lately it keeps. Safe for use by several
 * threads; its calls block.
 */
public final class Archivist {
  private static final int KEPT = 4;

  private final StateView state;
  private final ObjectStore store;
  private final Clock clock;
  private final Map<String, OrchestratorState> read =
      new LinkedHashMap<>(KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, OrchestratorState> eldest) {
          return size() > KEPT;
        }
      };

  /** Of that state, into that store. */
  public Archivist(StateView state, ObjectStore store, Clock clock) {
    this.state = requireNonNull(state, "state");
    this.store = requireNonNull(store, "store");
    this.clock = requireNonNull(clock, "clock");
  }

  /**
   * Writes the archive of an experiment and makes the command that lets the experiment go; empty
   * when there is no such experiment or it has not ended.
   *
   * @param keepResults whether the results of its tasks go on to serve equal tasks
   * @throws IOException when the store does not take it
   */
  public Optional<Command.ArchiveExperiment> write(
      UUID commandId, String experimentId, boolean keepResults) throws IOException {
    Optional<ArchiveContent> content = state.read(fold -> ArchiveContent.of(fold, experimentId));
    if (content.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Command.ArchiveExperiment(
            commandId,
            clock.instant(),
            experimentId,
            keep(content.get()),
            content.get().fingerprint(),
            keepResults));
  }

  /**
   * Writes the archive of an experiment into the store, where nothing refers to it yet.
   *
   * @throws IOException when the store does not take it
   */
  public Artifact keep(ArchiveContent content) throws IOException {
    Path file = Files.createTempFile("fewstep", ".archive");
    try {
      MessageDigest digest = Digests.sha256();
      try (OutputStream out =
          new DigestOutputStream(new BufferedOutputStream(Files.newOutputStream(file)), digest)) {
        ArchiveFile.write(content, out);
      }
      return store.put(
          ArtifactKind.ARCHIVE,
          ArchiveFile.name(content.experimentId()),
          file,
          HexFormat.of().formatHex(digest.digest()));
    } finally {
      Files.delete(file);
    }
  }

  /**
   * The state of an archived experiment by itself. It is shared: nobody may change it.
   *
   * @throws IOException when the store does not have its file, or has other bytes
   */
  public OrchestratorState read(ArchivedRecord archived) throws IOException {
    Artifact artifact = archived.archive();
    synchronized (read) {
      OrchestratorState known = read.get(artifact.sha256());
      if (known != null) {
        return known;
      }
    }
    Path file = Files.createTempFile("fewstep", ".archive");
    try {
      download(artifact, file);
      OrchestratorState folded;
      try (InputStream in = Files.newInputStream(file)) {
        folded = ArchiveFile.read(in);
      } catch (UncheckedIOException | IllegalStateException e) {
        throw new IOException("archive " + artifact.name() + ": " + e.getMessage(), e);
      }
      synchronized (read) {
        read.put(artifact.sha256(), folded);
      }
      return folded;
    } finally {
      Files.delete(file);
    }
  }

  private void download(Artifact artifact, Path file) throws IOException {
    Optional<S3Bucket.Content> found = store.open(artifact.sha256());
    if (found.isEmpty()) {
      throw new IOException(
          "the store does not have " + artifact.name() + " (" + artifact.objectKey() + ")");
    }
    MessageDigest digest = Digests.sha256();
    try (S3Bucket.Content content = found.get();
        InputStream in = new DigestInputStream(content.stream(), digest);
        OutputStream out = Files.newOutputStream(file)) {
      in.transferTo(out);
    }
    if (!HexFormat.of().formatHex(digest.digest()).equals(artifact.sha256())) {
      throw new IOException("the store holds other bytes than " + artifact.objectKey() + " names");
    }
  }
}
