package dev.fewstep.chaos.check;

import static java.util.Objects.requireNonNull;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.chaos.load.Api;
import dev.fewstep.chaos.load.Load.Submitted;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TaskResult;
import dev.fewstep.schemas.task.SourceRef;
import dev.fewstep.schemas.task.TaskSpec;
import dev.fewstep.worker.artifact.S3ArtifactStore;
import dev.fewstep.worker.task.program.OutputFile;
import dev.fewstep.worker.task.program.Programs;
import dev.fewstep.worker.task.program.StopSignal;
import dev.fewstep.worker.task.program.TaskContext;
import dev.fewstep.worker.task.program.TaskListener;
import dev.fewstep.worker.task.program.TaskStoppedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** What is checked when everything has ended and the installation is calm. */
public final class Audit {
  private final HistoryChecker checker;
  private final Findings findings;
  private final S3ArtifactStore store;
  private final Path scratch;

  /** An audit with a directory for files that it fetches and makes. */
  public Audit(HistoryChecker checker, Findings findings, S3ArtifactStore store, Path scratch) {
    this.checker = requireNonNull(checker, "checker");
    this.findings = requireNonNull(findings, "findings");
    this.store = requireNonNull(store, "store");
    this.scratch = requireNonNull(scratch, "scratch");
  }

  /** Every accepted submission is an experiment, and nothing else is. */
  public void submissions(List<Submitted> submitted) {
    Map<String, ExperimentRecord> there = new TreeMap<>();
    checker.experiments().forEach(experiment -> there.put(experiment.id(), experiment));
    for (Submitted wanted : submitted) {
      ExperimentRecord found = there.remove(wanted.id());
      findings.check(
          found != null
              && found.trials() == wanted.trials()
              && found.cancelledAt().isPresent() == wanted.cancelled(),
          Invariant.NOTHING_LOST,
          wanted.id(),
          -1,
          wanted + " was accepted; the state has " + found);
    }
    findings.check(
        there.isEmpty(),
        Invariant.NOTHING_DOUBLE,
        "experiments",
        -1,
        "nobody was told of " + there.keySet());
  }

  /** Every artifact of every accepted manifest is in the store as its digest says. */
  public int artifacts(IntConsumer progress) throws IOException {
    Map<String, Artifact> wanted = new LinkedHashMap<>();
    for (TaskRecord task : checker.tasks()) {
      if (task.state() == TaskState.SUCCEEDED) {
        task.result().orElseThrow().artifacts().forEach(file -> wanted.put(file.sha256(), file));
      }
    }
    Files.createDirectories(scratch);
    int done = 0;
    Path target = scratch.resolve("artifact");
    for (Artifact artifact : wanted.values()) {
      String seen = "as it should be";
      try {
        // The client writes only what has the digest and the size.
        store.get(artifact, target);
      } catch (IOException e) {
        seen = e.toString();
      }
      findings.check(
          seen.equals("as it should be"),
          Invariant.ARTIFACTS_WHOLE,
          artifact.name(),
          -1,
          artifact + ": " + seen);
      Files.deleteIfExists(target);
      progress.accept(++done);
    }
    return done;
  }

  /** A replay of the topic from scratch, what was tailed, and what each replica serves agree. */
  public void replicas(String bootstrap, Api api) throws IOException, InterruptedException {
    Map<String, TaskRecord> replayed = replay(bootstrap);
    Map<String, TaskRecord> tailed = new HashMap<>();
    checker.tasks().forEach(task -> tailed.put(task.key(), task));
    findings.check(
        replayed.equals(tailed),
        Invariant.REPLAY_IS_STATE,
        "tasks",
        -1,
        "a replay gives " + replayed.size() + " tasks, the tail " + tailed.size());
    for (ExperimentRecord experiment : checker.experiments()) {
      String path = "/api/v1/tasks?experiment=" + experiment.id();
      List<JsonNode> first = api.all(0, path);
      for (int replica = 1; replica < api.replicas(); replica++) {
        findings.check(
            first.equals(api.all(replica, path))
                && api.get(0, "/api/v1/experiments/" + experiment.id())
                    .equals(api.get(replica, "/api/v1/experiments/" + experiment.id())),
            Invariant.REPLAY_IS_STATE,
            experiment.id(),
            -1,
            "replicas 0 and " + replica + " serve different answers");
      }
      for (JsonNode served : first) {
        TaskRecord task = replayed.get(served.path("key").asText());
        findings.check(
            task != null && agrees(served, task),
            Invariant.REPLAY_IS_STATE,
            served.path("key").asText(),
            -1,
            "served " + served + ", replayed " + task);
      }
    }
  }

  private static boolean agrees(JsonNode served, TaskRecord task) {
    String state = served.path("state").asText();
    boolean hasResult = state.equals("SUCCEEDED") || state.equals("CACHED");
    // An experiment that was cancelled sees its own view of a task that others still want.
    boolean sameState =
        state.equals(task.state().name())
            || state.equals("CANCELLED")
            || (state.equals("CACHED") && task.state() == TaskState.SUCCEEDED);
    List<String> servedDigests = new ArrayList<>();
    served.path("artifacts").forEach(file -> servedDigests.add(file.path("sha256").asText()));
    List<String> digests =
        task.result().map(TaskResult::artifacts).orElse(List.of()).stream()
            .map(Artifact::sha256)
            .toList();
    return sameState
        && served.path("attempt").asInt() == task.attempt()
        && (!hasResult || servedDigests.equals(digests));
  }

  private static Map<String, TaskRecord> replay(String bootstrap) {
    StateCodec codec = new StateCodec();
    Map<String, TaskRecord> tasks = new HashMap<>();
    TopicPartition state = new TopicPartition(Topics.STATE, 0);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(HistoryTail.settings(bootstrap))) {
      consumer.assign(List.of(state));
      consumer.seekToBeginning(List.of(state));
      long end = consumer.endOffsets(List.of(state)).get(state);
      while (consumer.position(state) < end) {
        for (ConsumerRecord<byte[], byte[]> found : consumer.poll(Duration.ofSeconds(1))) {
          StateRecord change =
              codec.decode(
                  new String(found.key(), StandardCharsets.UTF_8),
                  Optional.ofNullable(found.value()));
          if (change.key().startsWith("task/")) {
            String key = change.key().substring("task/".length());
            if (change.value().isPresent()) {
              tasks.put(key, (TaskRecord) change.value().get());
            } else {
              tasks.remove(key);
            }
          }
        }
      }
    }
    return tasks;
  }

  /**
   * What comparing finetunes gave.
   *
   * @param interrupted finetunes that succeeded after an interruption
   * @param resumed those of them that went on from a checkpoint
   * @param compared how many were run again without interruption and compared
   * @param twins finetunes of which several executions succeeded
   */
  public record Comparison(int interrupted, int resumed, int compared, int twins) {}

  /** Runs interrupted finetunes again, uninterrupted, in this process, and compares the weights. */
  public Comparison finetunes(Duration budget, IntConsumer progress) throws IOException {
    List<TaskRecord> interrupted =
        checker.tasks().stream()
            .filter(task -> task.kind() == TaskKind.FINETUNE)
            .filter(task -> task.state() == TaskState.SUCCEEDED)
            .filter(
                task ->
                    task.result().orElseThrow().attempt() > 1 || checker.executions(task.key()) > 1)
            .sorted(Comparator.comparing((TaskRecord task) -> resumed(task) ? 0 : 1))
            .toList();
    long deadline = System.nanoTime() + budget.toNanos();
    int compared = 0;
    for (TaskRecord task : interrupted) {
      TaskResult result = task.result().orElseThrow();
      Optional<TaskMessage> message = checker.message(task.key(), result.attempt());
      if (message.isEmpty()) {
        findings.check(
            false, Invariant.HISTORY_WHOLE, task.key(), -1, "its attempt was never seen published");
        continue;
      }
      if (System.nanoTime() > deadline) {
        break;
      }
      String again = weightsOf(message.get());
      String accepted = weights(result.artifacts());
      findings.check(
          again.equals(accepted),
          Invariant.WEIGHTS_BIT_EQUAL,
          task.key(),
          -1,
          "interrupted " + accepted + ", uninterrupted " + again);
      progress.accept(++compared);
    }
    return new Comparison(
        interrupted.size(),
        (int) interrupted.stream().filter(this::resumed).count(),
        compared,
        twins());
  }

  private boolean resumed(TaskRecord task) {
    return checker
        .message(task.key(), task.result().orElseThrow().attempt())
        .flatMap(TaskMessage::checkpoint)
        .isPresent();
  }

  private static String weights(List<Artifact> artifacts) {
    return artifacts.stream()
        .filter(file -> file.kind() == ArtifactKind.WEIGHTS)
        .map(Artifact::sha256)
        .findFirst()
        .orElse("none");
  }

  private int twins() {
    Map<String, String> first = new HashMap<>();
    int twins = 0;
    for (Report.Succeeded report : checker.successes()) {
      String weights = weights(report.artifacts());
      String other = first.putIfAbsent(report.taskKey(), weights);
      if (other != null && !weights.equals("none")) {
        twins++;
        findings.check(
            other.equals(weights),
            Invariant.TWINS_BIT_EQUAL,
            report.taskKey(),
            -1,
            "one execution made " + other + ", another " + weights);
      }
    }
    return twins;
  }

  private String weightsOf(TaskMessage message) throws IOException {
    Path directory = Files.createTempDirectory(Files.createDirectories(scratch), "again");
    TaskSpec spec = message.typedSpec();
    Map<SourceRef, Path> inputs = new HashMap<>();
    for (SourceRef source : spec.sources()) {
      Artifact artifact = message.inputs().get(source.value());
      Path file = scratch.resolve(artifact.sha256());
      if (!Files.exists(file)) {
        store.get(artifact, file);
      }
      inputs.put(source, file);
    }
    TaskContext context =
        new TaskContext(
            inputs,
            directory,
            Optional.empty(),
            Device.cpu(),
            1,
            TaskListener.SILENT,
            StopSignal.never(),
            (step, file) -> {});
    try {
      for (OutputFile file : Programs.run(spec, context).files()) {
        if (file.kind() == ArtifactKind.WEIGHTS) {
          return Digests.sha256Hex(Files.readAllBytes(file.path()));
        }
      }
      return "none";
    } catch (TaskStoppedException e) {
      throw new IllegalStateException("nobody asked it to stop", e);
    }
  }
}
