package dev.fewstep.orchestrator.care;

import dev.fewstep.embedded.EmbeddedS3;
import dev.fewstep.embedded.S3Credentials;
import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.state.CheckpointRef;
import dev.fewstep.schemas.state.ClaimRecord;
import dev.fewstep.schemas.state.InputRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskOrigin;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TaskResult;
import dev.fewstep.schemas.state.Want;
import dev.fewstep.store.S3Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;

/**
 * A real store beside a state whose newest records are only seen by whoever catches up, as in a
 * replica.
 */
final class CareWorld implements CommittedState, AutoCloseable {
  static final String EXPERIMENT = "grid-01234567";
  static final Instant NOW = Instant.parse("2026-11-23T06:00:00Z");

  private static final String ACCESS = "access-key-of-a-test";
  private static final String SECRET = "secret-key-of-a-test-secret-key-of-a-test";

  private final Path directory;
  private final EmbeddedS3 server;
  private final OrchestratorState state = new OrchestratorState();
  private final List<StateRecord> unread = new ArrayList<>();
  private final Deque<Runnable> afterCatchUp = new ArrayDeque<>();
  final ObjectStore store;

  CareWorld(Path directory) throws IOException {
    this.directory = directory;
    server = EmbeddedS3.start(directory.resolve("s3"), 0, new S3Credentials(ACCESS, SECRET));
    store =
        new ObjectStore(new S3Settings(server.endpoint(), "us-east-1", "fewstep", ACCESS, SECRET));
    store.makeBucket();
  }

  @Override
  public synchronized void catchUp() {
    unread.forEach(state::replay);
    unread.clear();
    Runnable next = afterCatchUp.poll();
    if (next != null) {
      next.run();
    }
  }

  @Override
  public synchronized <T> T read(Function<OrchestratorState, T> reader) {
    return reader.apply(state);
  }

  /** Commits a record that this replica has not folded in yet. */
  synchronized void commit(StateRecord entry) {
    unread.add(entry);
  }

  /** What happens right after the next catching up, the one after that, and so on. */
  void afterCatchUp(Runnable... steps) {
    afterCatchUp.addAll(List.of(steps));
  }

  static Artifact artifact(ArtifactKind kind, String name, String content) {
    return new Artifact(kind, name, content.length(), Digests.sha256Hex(content));
  }

  /** Uploads as a worker does, telling its task when one is given. */
  Artifact upload(ArtifactKind kind, String name, String content, String task) {
    Artifact artifact = artifact(kind, name, content);
    try {
      if (!store.relyOn(artifact)) {
        Path file = Files.writeString(Files.createTempFile(directory, "file", ".bin"), content);
        store
            .bucket()
            .upload(
                artifact.objectKey(),
                file,
                task.isEmpty() ? Map.of() : Map.of("task", task, "name", name));
      }
      return artifact;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  Artifact old(ArtifactKind kind, String name, String content, String task) {
    Artifact artifact = upload(kind, name, content, task);
    age(artifact, Duration.ofHours(30));
    return artifact;
  }

  void age(Artifact artifact, Duration age) {
    age(artifact.objectKey(), age);
  }

  void age(String key, Duration age) {
    try {
      Files.setLastModifiedTime(object(key), FileTime.from(Instant.now().minus(age)));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The file behind an object. */
  Path object(String key) {
    return directory.resolve("s3").resolve("fewstep").resolve(key);
  }

  boolean holds(Artifact artifact) {
    try {
      return store.size(artifact.sha256()).isPresent();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static TaskRecord task(String name) {
    return TaskRecord.created(
        Digests.sha256Hex(name),
        TaskKind.FINETUNE,
        new TaskOrigin(EXPERIMENT, 0),
        Want.live(EXPERIMENT),
        List.of(),
        "cpu",
        NOW);
  }

  static TaskRecord succeeded(String name, Map<String, Double> scores, Artifact... files) {
    return task(name)
        .edit()
        .state(TaskState.SUCCEEDED)
        .result(new TaskResult(1, new UUID(1, 2), List.of(files), scores, Map.of(), 1))
        .finishedAt(NOW)
        .build();
  }

  static TaskRecord running(String name, Artifact checkpoint) {
    return task(name)
        .edit()
        .state(TaskState.RUNNING)
        .execution(new UUID(1, 3), new UUID(1, 4), NOW)
        .checkpoint(new CheckpointRef(KeepRules.step(checkpoint.name()).orElseThrow(), checkpoint))
        .build();
  }

  static StateRecord claim(TaskRecord task, Artifact... files) {
    return StateRecord.of(
        new ClaimRecord(
            task.key(),
            List.of(
                new Report.Succeeded(
                    NOW, task.key(), 1, new UUID(1, 5), List.of(files), Map.of(), Map.of(), 1))));
  }

  static StateRecord input(String name, Artifact artifact) {
    return StateRecord.of(new InputRecord(name, artifact, "a test", NOW));
  }

  GarbageCollection gc(String keep) {
    return new GarbageCollection(
        store.bucket(), this, Duration.ofHours(24), KeepRules.parse(keep), Progress.NONE);
  }

  @Override
  public void close() {
    store.close();
    server.close();
  }
}
