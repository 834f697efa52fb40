package dev.fewstep.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.orchestrator.backup.Backup;
import dev.fewstep.orchestrator.backup.BackupException;
import dev.fewstep.orchestrator.backup.Restore;
import dev.fewstep.orchestrator.care.Progress;
import dev.fewstep.orchestrator.experiment.Settings;
import dev.fewstep.orchestrator.log.KafkaSettings;
import dev.fewstep.orchestrator.log.LogSnapshot;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.spec.ExperimentSpecs;
import dev.fewstep.store.S3Settings;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Half an experiment, a backup, everything destroyed, restored into a new broker and a new store,
 * and finished: nothing lost, nothing done twice but what was running, the same scores.
 */
class BackupTest {
  private static final String INPUT = "small";

  @TempDir private Path folder;

  private Path backup() {
    return folder.resolve("backup");
  }

  private static OrchestratorConfig config(TestStack stack) {
    return stack.config().withDecisions(Settings.defaults().withLease(Duration.ofSeconds(3)));
  }

  private static Backup.Result write(TestStack stack, Path target) throws IOException {
    return write(stack, target, false, false);
  }

  private static Backup.Result write(TestStack stack, Path target, boolean verify, boolean prune)
      throws IOException {
    try (ObjectStore store = new ObjectStore(stack.store())) {
      return new Backup(stack.kafka(), store, Clock.systemUTC())
          .write(target, verify, prune, Progress.NONE);
    }
  }

  private static Restore.Result restore(TestStack stack, Path source, boolean force)
      throws IOException {
    try (ObjectStore store = new ObjectStore(stack.store())) {
      return new Restore(stack.kafka(), store).restore(source, force, Progress.NONE);
    }
  }

  /** What the first installation knew when it ended. */
  private record Half(
      String id,
      UUID undecided,
      TaskMessage running,
      Artifact checkpoint,
      List<TaskMessage> done,
      Map<String, JsonNode> results) {}

  @Test
  void halfAnExperimentIsRestoredElsewhereAndFinished() throws IOException {
    Half half;
    try (TestStack first = new TestStack()) {
      half = half(first);
      Backup.Result written = write(first, backup());
      assertThat(written.missing()).isEmpty();
      assertThat(written.undecided()).as("and perhaps a presence").isGreaterThanOrEqualTo(2);
      assertThat(written.copied()).isEqualTo(written.artifacts()).isGreaterThan(5);
      Backup.Result again = write(first, backup());
      assertThat(again.copied()).as("artifacts that are there are not read again").isZero();
      assertThat(again.artifacts()).isEqualTo(written.artifacts());
      damagedIsCopiedAgainAndStrangersArePruned(first, written.artifacts());
    }
    damagedIsRefused();

    try (TestStack second = new TestStack()) {
      Restore.Result restored = restore(second, backup(), false);
      assertThat(restored.already()).isFalse();
      assertThat(restored.uploaded()).isEqualTo(restored.artifacts());
      assertThat(restore(second, backup(), false).already()).as("a repetition").isTrue();
      finished(second, half);
      forced(second, half);
    }
  }

  private void damagedIsCopiedAgainAndStrangersArePruned(TestStack stack, int artifacts)
      throws IOException {
    Path object = anObject();
    byte[] right = Files.readAllBytes(object);
    byte[] wrong = right.clone();
    wrong[0] ^= 1;
    Files.write(object, wrong);
    String nobodys = Digests.sha256Hex("nobody needs this");
    Path stranger = object.getParent().resolveSibling(nobodys.substring(0, 2)).resolve(nobodys);
    Files.createDirectories(stranger.getParent());
    Files.writeString(stranger, "nobody needs this");

    Backup.Result trusting = write(stack, backup());
    assertThat(trusting.copied()).as("of the same size, not read").isZero();
    assertThat(stranger).exists();
    Backup.Result verified = write(stack, backup(), true, true);
    assertThat(verified.copied()).isEqualTo(1);
    assertThat(verified.artifacts()).isEqualTo(artifacts);
    assertThat(verified.pruned()).isGreaterThanOrEqualTo(1);
    assertThat(object).hasBinaryContent(right);
    assertThat(stranger).doesNotExist();
  }

  /** What came after the backup goes; the cluster is again as it was then, and works. */
  private void forced(TestStack stack, Half half) throws IOException {
    assertThat(restore(stack, backup(), true).already()).isFalse();
    try (Orchestrator orchestrator = Orchestrator.start(config(stack));
        TopicReader topics = new TopicReader(stack.kafka());
        ObjectStore store = new ObjectStore(stack.store());
        ScriptedWorker worker = new ScriptedWorker(topics, store)) {
      TestStack.await("a leader", orchestrator::ready);
      ApiClient client = new ApiClient(orchestrator.address());
      String running = "/api/v1/tasks/" + half.running().taskKey();
      assertThat(client.read(running).path("state").asText()).isNotEqualTo("SUCCEEDED");
      TestStack.await(
          "it is done again",
          () -> {
            var unused = worker.one();
            return client.read(running).path("state").asText().equals("SUCCEEDED");
          });
    }
  }

  private Path anObject() throws IOException {
    try (Stream<Path> files = Files.walk(backup().resolve("objects"))) {
      return files.filter(Files::isRegularFile).findFirst().orElseThrow();
    }
  }

  private static boolean committed(TestStack stack, String text) {
    return LogSnapshot.read(stack.kafka()).orElseThrow().state().values().stream()
        .anyMatch(record -> new String(record, StandardCharsets.UTF_8).contains(text));
  }

  @SuppressWarnings("try")
  private static Half half(TestStack stack) throws IOException {
    try (Orchestrator orchestrator = Orchestrator.start(stack.config());
        TopicReader topics = new TopicReader(stack.kafka());
        ObjectStore store = new ObjectStore(stack.store())) {
      TestStack.await("a leader", orchestrator::ready);
      ApiClient client = new ApiClient(orchestrator.address());
      client.importInputs();
      try (ScriptedWorker worker = new ScriptedWorker(topics, store)) {
        String id =
            ApiClient.json(client.submit(ApiClient.SPEC.replace("NAME", "half"), UUID.randomUUID()))
                .path("id")
                .asText();
        // Everything up to the first finetune, which gets as far as its checkpoint.
        TaskMessage running = null;
        while (running == null) {
          TestStack.await("a task", () -> !worker.waiting().isEmpty());
          TaskMessage next = worker.waiting().get(0);
          if (next.kind() == TaskKind.FINETUNE && worker.done.size() >= 3) {
            running = next;
          } else {
            worker.finish(next, worker.start(next));
          }
        }
        UUID execution = worker.start(running);
        Artifact checkpoint = worker.checkpoint(running, execution, 7);
        TestStack.await("the checkpoint is known", () -> committed(stack, checkpoint.sha256()));
        Map<String, JsonNode> results = new HashMap<>();
        for (TaskMessage task : worker.done) {
          JsonNode read = client.read("/api/v1/tasks/" + task.taskKey());
          assertThat(read.path("state").asText()).isEqualTo("SUCCEEDED");
          results.put(task.taskKey(), read.path("artifacts"));
        }
        orchestrator.close();
        // Nobody decides these before the backup.
        UUID undecided = UUID.randomUUID();
        topics.garbage();
        topics.report(
            new Command.SubmitExperiment(
                undecided,
                Instant.now(),
                "me",
                ExperimentSpecs.parse("late.yaml", ApiClient.SPEC.replace("NAME", "late"))));
        worker.close();
        return new Half(id, undecided, running, checkpoint, List.copyOf(worker.done), results);
      }
    }
  }

  private void finished(TestStack stack, Half half) throws IOException {
    try (Orchestrator orchestrator = Orchestrator.start(config(stack));
        TopicReader topics = new TopicReader(stack.kafka());
        ObjectStore store = new ObjectStore(stack.store());
        ScriptedWorker worker = new ScriptedWorker(topics, store)) {
      TestStack.await("a leader", orchestrator::ready);
      ApiClient client = new ApiClient(orchestrator.address());
      assertThatThrownBy(() -> restore(stack, backup(), true))
          .isInstanceOf(BackupException.class)
          .hasMessageContaining("stop every 'fewstep server' first");
      TestStack.await(
          "the undecided command is decided",
          () -> client.get("/api/v1/commands/" + half.undecided()).statusCode() == 200);
      TestStack.await(
          "everything is done",
          () -> {
            var unused = worker.one();
            return Stream.of(client.read("/api/v1/experiments").path("items"))
                .flatMap(items -> Stream.of(items.get(0), items.get(1)))
                .allMatch(item -> item.path("state").asText().equals("SUCCEEDED"));
          });

      List<String> before = half.done().stream().map(TaskMessage::taskKey).toList();
      List<String> after = worker.done.stream().map(TaskMessage::taskKey).toList();
      assertThat(after).as("nothing is done twice").doesNotHaveDuplicates();
      assertThat(after).doesNotContainAnyElementsOf(before);
      assertThat(after).as("what was running was lost").contains(half.running().taskKey());
      TaskMessage resumed =
          worker.done.stream()
              .filter(task -> task.taskKey().equals(half.running().taskKey()))
              .findFirst()
              .orElseThrow();
      assertThat(resumed.checkpoint()).isEqualTo(Optional.of(half.checkpoint()));
      assertThat(resumed.attempt()).isGreaterThan(half.running().attempt());
      half.results()
          .forEach(
              (key, artifacts) ->
                  assertThat(client.read("/api/v1/tasks/" + key).path("artifacts"))
                      .isEqualTo(artifacts));
      JsonNode trials = client.read("/api/v1/experiments/" + half.id() + "/trials").path("items");
      assertThat(trials).hasSize(2);
      for (JsonNode trial : trials) {
        String evaluate = trial.path("tasks").path("evaluate").asText();
        double score = Integer.parseInt(evaluate.substring(0, 6), 16) / 1000.0;
        assertThat(trial.path("scores").path("trained").asDouble()).isEqualTo(score);
      }
      byte[] read =
          client
              .get(
                  "/api/v1/artifacts/"
                      + client.read("/api/v1/inputs").path("items").findParents("name").stream()
                          .filter(input -> input.path("name").asText().equals(INPUT))
                          .findFirst()
                          .orElseThrow()
                          .path("artifact")
                          .path("sha256")
                          .asText())
              .body();
      assertThat(read).isEqualTo(ApiClient.safetensors(INPUT));
    }
    assertThatThrownBy(() -> restoreWhenStopped(stack))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("holds a state already (2 experiments")
        .hasMessageContaining("--force");
  }

  /** A closed orchestrator has left its group. */
  private void restoreWhenStopped(TestStack stack) throws IOException {
    restore(stack, backup(), false);
  }

  /** Nothing of a damaged or forged backup is believed; no broker is needed to find that out. */
  private void damagedIsRefused() throws IOException {
    Path object = anObject();
    byte[] right = Files.readAllBytes(object);
    byte[] wrong = right.clone();
    wrong[0] ^= 1;
    Files.write(object, wrong);
    refused("is missing or damaged");
    Files.delete(object);
    Path elsewhere = Files.write(folder.resolve("elsewhere"), right);
    Files.createSymbolicLink(object, elsewhere);
    refused("is missing or damaged");
    Files.delete(object);
    Files.write(object, right);

    Path manifest = backup().resolve("manifest.json");
    String text = Files.readString(manifest);
    forge(manifest, text.replaceFirst("\"file\" : \"state", "\"file\" : \"../state"), "no file of");
    forge(manifest, text.replaceFirst("\"version\" : 1", "\"version\" : 9"), "newer release");
    forge(manifest, text.replaceFirst("\"records\" : \\d+", "\"records\" : 3"), "more lines");
    forge(manifest, text.replace("fewstep-backup", "other"), "its format is");
    forge(manifest, "[1", "no manifest");
    Files.writeString(manifest, text);
    Path state = state();
    byte[] lines = Files.readAllBytes(state);
    byte[] cut = Arrays.copyOf(lines, lines.length - 9);
    Files.write(state, cut);
    refused("is damaged: its SHA-256");
    Files.write(state, lines);
  }

  private Path state() throws IOException {
    try (Stream<Path> files = Files.list(backup())) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("state-"))
          .findFirst()
          .orElseThrow();
    }
  }

  private void forge(Path manifest, String text, String complaint) throws IOException {
    Files.writeString(manifest, text);
    refused(complaint);
  }

  private void refused(String complaint) {
    try (ObjectStore store = new ObjectStore(unreachable())) {
      Restore restore = new Restore(nowhere(), store);
      assertThatThrownBy(() -> restore.restore(backup(), false, Progress.NONE))
          .isInstanceOf(BackupException.class)
          .hasMessageContaining(complaint);
    }
  }

  private static KafkaSettings nowhere() {
    return KafkaSettings.of("127.0.0.1:1", 1);
  }

  private static S3Settings unreachable() {
    return new S3Settings(
        URI.create("http://127.0.0.1:1"), "us-east-1", "fewstep", "key", "secret");
  }
}
