package dev.fewstep.orchestrator.backup;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.orchestrator.care.Progress;
import dev.fewstep.orchestrator.log.KafkaSettings;
import dev.fewstep.orchestrator.log.LogSnapshot;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.store.S3Bucket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Writes a backup: first the state and what of the inbox it has not decided, then the artifacts
 * that these refer to, last the manifest. Artifacts never change, so that only their removal in
 * between could harm, which the grace of the garbage collection delays. An artifact that the folder
 * has already is not read again.
 */
public final class Backup {
  private final KafkaSettings kafka;
  private final ObjectStore store;
  private final Clock clock;

  /** Of that cluster and store. */
  public Backup(KafkaSettings kafka, ObjectStore store, Clock clock) {
    this.kafka = requireNonNull(kafka, "kafka");
    this.store = requireNonNull(store, "store");
    this.clock = requireNonNull(clock, "clock");
  }

  /**
   * What was written.
   *
   * @param summary the state in words
   * @param records records of the state
   * @param undecided inbox records that were not decided
   * @param artifacts artifacts in the backup
   * @param copied of these, those that the folder did not have
   * @param copiedBytes bytes of these
   * @param missing artifacts that the store does not have
   * @param pruned artifacts and files removed that no backup needs any more
   */
  public record Result(
      String summary,
      long records,
      long undecided,
      int artifacts,
      int copied,
      long copiedBytes,
      List<Artifact> missing,
      int pruned) {
    public Result {
      missing = List.copyOf(missing);
    }
  }

  /**
   * Writes a backup into a folder, over an older one of it if there is one.
   *
   * @param verify whether artifacts that the folder has are read and compared with their digests
   * @param prune whether artifacts are removed from the folder that this backup does not need
   * @throws BackupException when there is nothing to back up, or the folder holds other things
   */
  public Result write(Path target, boolean verify, boolean prune, Progress progress)
      throws IOException {
    BackupFolder folder = new BackupFolder(target);
    requireOwn(folder);
    progress.phase("state", -1);
    LogSnapshot snapshot =
        LogSnapshot.read(kafka)
            .orElseThrow(
                () ->
                    new BackupException(
                        "there is no state of fewstep in " + kafka + " to back up"));
    Contents contents = Contents.of(snapshot.state(), snapshot.inbox());
    progress.advance(snapshot.state().size(), 0);
    BackupManifest.Part state = folder.write("state", lines -> state(snapshot, lines));
    BackupManifest.Part inbox = folder.write("inbox", lines -> inbox(snapshot, lines));
    Copy copy = new Copy(folder, verify, progress);
    progress.phase("artifacts", contents.artifacts().size());
    for (Artifact artifact : contents.artifacts().values()) {
      copy.artifact(artifact);
    }
    BackupManifest.Part artifacts =
        folder.write(
            "artifacts",
            lines -> {
              for (Artifact artifact : copy.present) {
                lines.line(Json.toBytes(artifact));
              }
            });
    BackupManifest manifest =
        new BackupManifest(
            BackupManifest.FORMAT,
            BackupManifest.VERSION,
            StateCodec.SCHEMA_VERSION,
            clock.instant(),
            snapshot.stateOffset(),
            snapshot.position(),
            state,
            inbox,
            artifacts,
            copy.present.stream().mapToLong(Artifact::bytes).sum(),
            copy.missing);
    folder.write(manifest);
    int pruned =
        tidy(
            folder,
            manifest,
            prune ? Optional.of(contents.artifacts().keySet()) : Optional.empty());
    return new Result(
        contents.summary(),
        snapshot.state().size(),
        snapshot.inbox().size(),
        copy.present.size(),
        copy.copied,
        copy.copiedBytes,
        copy.missing,
        pruned);
  }

  private static void requireOwn(BackupFolder folder) throws IOException {
    Path path = folder.path();
    if (!Files.exists(path)) {
      return;
    }
    if (!Files.isDirectory(path)) {
      throw new BackupException(path + " is no folder: a backup is a folder");
    }
    try (Stream<Path> files = Files.list(path)) {
      boolean foreign =
          files.anyMatch(
              file -> {
                String name = file.getFileName().toString();
                return !name.equals(BackupManifest.FILE)
                    && !name.equals("objects")
                    && !name.endsWith(".part")
                    && !name.endsWith(BackupManifest.Part.ENDING);
              });
      if (foreign) {
        throw new BackupException(
            path + " holds other files: name an empty folder, or one that holds a backup");
      }
    }
  }

  private static void state(LogSnapshot snapshot, BackupFolder.Lines lines) throws IOException {
    for (Map.Entry<String, byte[]> entry : snapshot.state().entrySet()) {
      byte[] head = BackupFolder.utf8("{\"key\":" + Json.toText(entry.getKey()) + ",\"record\":");
      byte[] line = new byte[head.length + entry.getValue().length + 1];
      System.arraycopy(head, 0, line, 0, head.length);
      System.arraycopy(entry.getValue(), 0, line, head.length, entry.getValue().length);
      line[line.length - 1] = '}';
      lines.line(line);
    }
  }

  private static void inbox(LogSnapshot snapshot, BackupFolder.Lines lines) throws IOException {
    for (byte[] value : snapshot.inbox()) {
      lines.line(
          Json.toBytes(
              JsonNodeFactory.instance
                  .objectNode()
                  .put("value", Base64.getEncoder().encodeToString(value))));
    }
  }

  /** Removes files that the manifest does not name, and artifacts that are not among the needed. */
  private static int tidy(
      BackupFolder folder, BackupManifest manifest, Optional<Set<String>> needed)
      throws IOException {
    Set<String> named =
        new HashSet<>(
            List.of(manifest.state().file(), manifest.inbox().file(), manifest.artifacts().file()));
    int removed = 0;
    List<Path> old = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder.path())) {
      files
          .filter(file -> file.getFileName().toString().endsWith(BackupManifest.Part.ENDING))
          .filter(file -> !named.contains(file.getFileName().toString()))
          .forEach(old::add);
    }
    Path objects = folder.path().resolve("objects");
    if (needed.isPresent() && Files.isDirectory(objects)) {
      try (Stream<Path> files = Files.walk(objects, 2)) {
        files
            .filter(Files::isRegularFile)
            .filter(file -> !needed.get().contains(file.getFileName().toString()))
            .forEach(old::add);
      }
    }
    for (Path file : old) {
      Files.deleteIfExists(file);
      removed++;
    }
    return removed;
  }

  /** Copies what the folder lacks. */
  private final class Copy {
    private final BackupFolder folder;
    private final boolean verify;
    private final Progress progress;
    private final List<Artifact> present = new ArrayList<>();
    private final List<Artifact> missing = new ArrayList<>();
    private int copied;
    private long copiedBytes;

    Copy(BackupFolder folder, boolean verify, Progress progress) {
      this.folder = folder;
      this.verify = verify;
      this.progress = progress;
    }

    void artifact(Artifact artifact) throws IOException {
      if (progress.cancelled()) {
        throw new BackupException("the backup was cancelled: no manifest was written");
      }
      if (folder.holds(artifact.sha256(), artifact.bytes(), verify)) {
        present.add(artifact);
      } else {
        Optional<S3Bucket.Content> found = store.open(artifact.sha256());
        if (found.isPresent()) {
          try (S3Bucket.Content content = found.get()) {
            folder.store(artifact.sha256(), artifact.bytes(), content.stream());
          }
          present.add(artifact);
          copied++;
          copiedBytes += artifact.bytes();
        } else {
          missing.add(artifact);
        }
      }
      progress.advance(1, artifact.bytes());
    }
  }
}
