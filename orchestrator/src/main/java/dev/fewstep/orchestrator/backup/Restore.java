package dev.fewstep.orchestrator.backup;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.orchestrator.care.Progress;
import dev.fewstep.orchestrator.log.KafkaSettings;
import dev.fewstep.orchestrator.log.LogRestore;
import dev.fewstep.orchestrator.log.LogSnapshot;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.state.LeaseRecord;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.schemas.state.StateEntity;
import dev.fewstep.schemas.state.StateRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Restores a backup into a cluster and a store: first the artifacts, then, in one transaction, the
 * state with the undecided inbox. Broken off at any point it can be run again.
 *
 * <p>What was running is taken to be lost when nobody renews its lease, and goes on from its last
 * checkpoint; that loss does not count towards those that make a task poison.
 */
public final class Restore {
  private final KafkaSettings kafka;
  private final ObjectStore store;
  private final StateCodec codec = new StateCodec();

  /** Into that cluster and store. */
  public Restore(KafkaSettings kafka, ObjectStore store) {
    this.kafka = requireNonNull(kafka, "kafka");
    this.store = requireNonNull(store, "store");
  }

  /**
   * What was restored.
   *
   * @param summary the state in words
   * @param records records of the state
   * @param undecided inbox records that will be decided
   * @param artifacts artifacts of the backup
   * @param uploaded of these, those that the store did not have
   * @param already whether this very state was there, and nothing was written to the cluster
   */
  public record Result(
      String summary, long records, long undecided, int artifacts, int uploaded, boolean already) {}

  /**
   * Restores.
   *
   * @param force whether a state that is there is given up for the backup's
   * @throws BackupException when the backup is damaged, an orchestrator runs, or there is a state
   *     and {@code force} was not said: the message tells what would be lost
   */
  public Result restore(Path source, boolean force, Progress progress) throws IOException {
    BackupFolder folder = new BackupFolder(source);
    BackupManifest manifest =
        folder.manifest().orElseThrow(() -> new BackupException("there is no backup in " + source));
    progress.phase("reading", manifest.state().records() + manifest.inbox().records());
    Map<String, byte[]> state = state(folder, manifest, progress);
    List<byte[]> inbox = inbox(folder, manifest, progress);
    Contents contents = contents(state, inbox);
    List<Artifact> artifacts = artifacts(folder, manifest, contents);
    try (LogRestore target = new LogRestore(kafka)) {
      int orchestrators = target.orchestrators();
      if (orchestrators > 0) {
        throw new BackupException(
            orchestrators
                + (orchestrators == 1 ? " orchestrator stands" : " orchestrators stand")
                + " for leadership in "
                + kafka
                + ": stop every 'fewstep server' first (one that was killed counts for 10 s more)");
      }
      Optional<LogSnapshot> present = LogSnapshot.read(kafka);
      boolean already = present.isPresent() && same(present.get(), state, inbox);
      if (present.isPresent() && !already && !force) {
        throw new BackupException(
            kafka
                + " holds a state already ("
                + Contents.of(present.get().state(), present.get().inbox()).summary()
                + ", "
                + present.get().inbox().size()
                + " undecided messages): restoring would delete it. Restore into an empty cluster,"
                + " or back it up and say --force");
      }
      int uploaded = upload(folder, artifacts, progress);
      if (!already) {
        Set<String> topics = target.topics();
        if (!topics.isEmpty()) {
          target.delete(topics);
        }
        progress.phase("writing the state", state.size() + (long) inbox.size());
        target.write(state, inbox, () -> progress.advance(1, 0));
      }
      return new Result(
          contents.summary(), state.size(), inbox.size(), artifacts.size(), uploaded, already);
    }
  }

  private Map<String, byte[]> state(BackupFolder folder, BackupManifest manifest, Progress progress)
      throws IOException {
    Map<String, byte[]> state = new LinkedHashMap<>();
    folder.read(
        manifest.state(),
        line -> {
          String key = line.path("key").asText();
          state.put(key, value(key, line.path("record")));
          progress.advance(1, 0);
        });
    return state;
  }

  /** The bytes of a record; a lease so that its loss will not count. */
  private byte[] value(String key, JsonNode node) {
    byte[] bytes = Json.toBytes(node);
    if (!key.startsWith(StateEntity.LEASE.prefix() + "/")) {
      return bytes;
    }
    LeaseRecord lease =
        codec.decode(key, Optional.of(bytes)).value().map(LeaseRecord.class::cast).orElseThrow();
    LeaseRecord blameless =
        lease.renewed(lease.renewedAt(), lease.step(), lease.totalSteps(), true);
    return codec.encode(StateRecord.of(blameless)).orElseThrow();
  }

  private static List<byte[]> inbox(BackupFolder folder, BackupManifest manifest, Progress progress)
      throws IOException {
    List<byte[]> inbox = new ArrayList<>();
    folder.read(
        manifest.inbox(),
        line -> {
          inbox.add(Base64.getDecoder().decode(line.path("value").asText()));
          progress.advance(1, 0);
        });
    return inbox;
  }

  private static Contents contents(Map<String, byte[]> state, List<byte[]> inbox)
      throws BackupException {
    try {
      return Contents.of(state, inbox);
    } catch (UncheckedIOException | IllegalArgumentException | IllegalStateException e) {
      throw new BackupException("the state in the backup cannot be read: " + e.getMessage(), e);
    }
  }

  private static List<Artifact> artifacts(
      BackupFolder folder, BackupManifest manifest, Contents contents) throws IOException {
    Map<String, Artifact> listed = new TreeMap<>();
    try {
      folder.read(
          manifest.artifacts(),
          line -> {
            Artifact artifact = Json.fromBytes(Json.toBytes(line), Artifact.class);
            listed.put(artifact.sha256(), artifact);
          });
    } catch (UncheckedIOException e) {
      throw new BackupException("the list of artifacts in the backup cannot be read", e);
    }
    manifest.missing().forEach(artifact -> listed.remove(artifact.sha256()));
    for (Artifact artifact : contents.artifacts().values()) {
      boolean known =
          listed.containsKey(artifact.sha256()) || manifest.missing().contains(artifact);
      if (!known) {
        throw new BackupException(
            "the backup's state refers to artifact "
                + artifact.sha256()
                + ", which its list does not have");
      }
    }
    for (Artifact artifact : listed.values()) {
      if (!folder.holds(artifact.sha256(), artifact.bytes(), true)) {
        throw new BackupException(
            folder.object(artifact.sha256()) + " is missing or damaged: the backup is not whole");
      }
    }
    return List.copyOf(listed.values());
  }

  private int upload(BackupFolder folder, List<Artifact> artifacts, Progress progress)
      throws IOException {
    store.makeBucket();
    progress.phase("artifacts", artifacts.size());
    int uploaded = 0;
    for (Artifact artifact : artifacts) {
      if (!store.relyOn(artifact)) {
        var unused =
            store.put(
                artifact.kind(),
                artifact.name(),
                folder.object(artifact.sha256()),
                artifact.sha256());
        uploaded++;
      }
      progress.advance(1, artifact.bytes());
    }
    return uploaded;
  }

  /** Whether a state is this backup's as it was just restored. */
  private static boolean same(LogSnapshot present, Map<String, byte[]> state, List<byte[]> inbox) {
    String position = StateEntity.POSITION.key("");
    if (!present.state().keySet().equals(withPosition(state, position))
        || present.inbox().size() != inbox.size()) {
      return false;
    }
    for (Map.Entry<String, byte[]> entry : state.entrySet()) {
      if (!entry.getKey().equals(position)
          && !Arrays.equals(entry.getValue(), present.state().get(entry.getKey()))) {
        return false;
      }
    }
    return true;
  }

  private static Set<String> withPosition(Map<String, byte[]> state, String position) {
    Set<String> keys = new HashSet<>(state.keySet());
    keys.add(position);
    return keys;
  }
}
