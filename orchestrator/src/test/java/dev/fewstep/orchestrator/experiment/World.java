package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.InboxMessage;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.WorkerRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Everything around the decider, in memory: the compacted state topic (through its real bytes), the
 * task and control topics, a store whose answers a test chooses, and time.
 */
final class World {
  static final Settings SETTINGS = Settings.defaults();

  private final StateCodec codec = new StateCodec();
  private final Map<String, byte[]> topic = new LinkedHashMap<>();
  private final Set<Transition> visited;
  private long ids;
  OrchestratorState state = new OrchestratorState();
  Decider decider = new Decider(SETTINGS);
  Instant time = Instant.parse("2026-01-01T00:00:00Z");
  final Deque<TaskMessage> published = new ArrayDeque<>();
  final Map<String, ControlMessage> control = new HashMap<>();
  final Deque<Check> checks = new ArrayDeque<>();
  Predicate<Artifact> stored = file -> true;
  boolean storeAnswers = true;
  int accepted;

  World(Set<Transition> visited) {
    this.visited = visited;
    apply(new Input.Elected(time));
  }

  World() {
    this(new HashSet<>());
  }

  UUID id() {
    ids++;
    return new UUID(ids << 32, ids);
  }

  /** Decides, writes and folds. */
  Decision apply(Input input) {
    Decision decision = decider.decide(input, state, time);
    Set<String> keys = new HashSet<>();
    for (StateRecord change : decision.changes()) {
      assertThat(keys.add(change.key())).as("one change of " + change.key()).isTrue();
      change
          .value()
          .filter(TaskRecord.class::isInstance)
          .map(TaskRecord.class::cast)
          .ifPresent(this::checkMove);
      topic.remove(change.key());
      codec.encode(change).ifPresent(bytes -> topic.put(change.key(), bytes));
      state.replay(change);
    }
    for (TaskToPublish task : decision.tasks()) {
      long idle =
          state.workers().stream()
              .filter(worker -> worker.deviceClass().equals(task.deviceClass()))
              .filter(WorkerRecord::idle)
              .count();
      assertThat((long) state.queueDepth(task.deviceClass()).published())
          .as("tasks out of class " + task.deviceClass())
          .isLessThanOrEqualTo(idle);
      published.add(task.message());
    }
    decision.forgotten().forEach(control::remove);
    decision.controls().forEach(message -> control.put(message.taskKey(), message));
    checks.addAll(decision.checks());
    visited.addAll(decision.transitions());
    return decision;
  }

  private void checkMove(TaskRecord next) {
    Optional<TaskRecord> before = state.task(next.key());
    boolean newGeneration = before.map(old -> next.generation() > old.generation()).orElse(false);
    if (before.isPresent() && before.get().state().isTerminal() && !newGeneration) {
      assertThat(next.state()).as("terminal is terminal").isEqualTo(before.get().state());
      assertThat(next.result()).isEqualTo(before.get().result());
    }
    if (next.state() == TaskState.SUCCEEDED
        && before.map(old -> old.state() != TaskState.SUCCEEDED).orElse(true)) {
      accepted++;
    }
    before.ifPresent(old -> assertThat(next.attempt()).isGreaterThanOrEqualTo(old.attempt()));
  }

  /** Ticks until nothing moves, the store answering in between if it answers at all. */
  void settle() {
    for (int i = 0; i < 10_000; i++) {
      if (storeAnswers && !checks.isEmpty()) {
        answer();
      }
      Decision decision = apply(new Input.Tick(time, false));
      if (!decision.more() && (checks.isEmpty() || !storeAnswers)) {
        assertThat(apply(new Input.Tick(time, false)).changes()).as("it rests").isEmpty();
        return;
      }
    }
    throw new AssertionError("the decider never comes to rest");
  }

  /** Answers the oldest question to the store. */
  void answer() {
    Check check = checks.removeFirst();
    boolean present = check.artifacts().stream().allMatch(stored);
    if (check instanceof Check.Manifest manifest) {
      apply(new Input.Verified(manifest.report(), present, time));
    } else {
      apply(new Input.ArtifactsChecked(check.taskKey(), present, time));
    }
  }

  void pass(Duration duration) {
    time = time.plus(duration);
    settle();
  }

  void send(InboxMessage message) {
    apply(new Input.Received(message, time));
    settle();
  }

  /** Another leader: what is not in the compacted topic is forgotten. */
  void restart() {
    state = replayed();
    decider = new Decider(SETTINGS);
    checks.clear();
    apply(new Input.Elected(time));
    settle();
  }

  /** A fresh fold of the compacted topic. */
  OrchestratorState replayed() {
    OrchestratorState fresh = new OrchestratorState();
    topic.forEach((key, bytes) -> fresh.replay(codec.decode(key, Optional.of(bytes))));
    return fresh;
  }

  int topicSize() {
    return topic.size();
  }

  long topicBytes() {
    return topic.values().stream().mapToLong(bytes -> bytes.length).sum();
  }

  // What people do.

  World withInputs() {
    for (Artifact file :
        List.of(
            Specs.file(ArtifactKind.DATASET, "train"),
            Specs.file(ArtifactKind.DATASET, "test"),
            Specs.file(ArtifactKind.WEIGHTS, "ddpm"),
            Specs.file(ArtifactKind.EXTRACTOR, "small"),
            Specs.file(ArtifactKind.EXTRACTOR, "wide"))) {
      send(new Command.RegisterInput(id(), time, file.name(), file, "test"));
    }
    return this;
  }

  OutcomeRecord outcome(Command command) {
    send(command);
    return state.outcome(command.commandId()).orElseThrow();
  }

  /** Submits and returns the id. */
  String submit(ExperimentSpec spec) {
    OutcomeRecord outcome = outcome(new Command.SubmitExperiment(id(), time, "me", spec));
    assertThat(outcome.accepted()).as(outcome.toString()).isTrue();
    return outcome.subject();
  }

  OutcomeRecord cancel(String experiment) {
    return outcome(new Command.CancelExperiment(id(), time, experiment));
  }

  /** Archives an ended experiment as a replica would. */
  OutcomeRecord archive(String experiment, boolean keepResults) {
    return outcome(archiving(experiment, keepResults));
  }

  Command.ArchiveExperiment archiving(String experiment, boolean keepResults) {
    String fingerprint =
        ArchiveContent.of(state, experiment)
            .map(ArchiveContent::fingerprint)
            .orElse("00".repeat(32));
    Artifact file = Specs.file(ArtifactKind.ARCHIVE, experiment + ".archive.json.gz");
    return new Command.ArchiveExperiment(id(), time, experiment, file, fingerprint, keepResults);
  }

  // What workers do.

  UUID worker() {
    UUID worker = id();
    presence(worker, Optional.empty(), true);
    return worker;
  }

  void presence(UUID worker, Optional<UUID> execution, boolean accepting) {
    send(new Report.Presence(time, worker, "cpu", "cpu", 1L << 30, Map.of(), execution, accepting));
  }

  void presence(UUID worker, long memory) {
    send(new Report.Presence(time, worker, "cpu", "cpu", memory, Map.of(), Optional.empty(), true));
  }

  /** An execution of a published attempt. */
  record Execution(TaskMessage task, UUID id, UUID worker) {}

  /** Takes the oldest published task and starts it. */
  Execution start(UUID worker) {
    return start(published.removeFirst(), worker);
  }

  Execution start(TaskMessage task, UUID worker) {
    Execution execution = new Execution(task, id(), worker);
    send(new Report.Started(time, task.taskKey(), task.attempt(), execution.id(), worker));
    return execution;
  }

  void heartbeat(Execution e, long step) {
    send(new Report.Heartbeat(time, e.task().taskKey(), e.task().attempt(), e.id(), step, 100));
  }

  Artifact checkpoint(Execution e, long step) {
    Artifact file = Specs.file(ArtifactKind.CHECKPOINT, "checkpoint-" + step + ".safetensors");
    send(new Report.Checkpointed(time, e.task().taskKey(), e.task().attempt(), e.id(), step, file));
    return file;
  }

  Report.Succeeded success(Execution e) {
    ArtifactKind made =
        switch (e.task().kind()) {
          case REFERENCE -> ArtifactKind.STATISTICS;
          case PRETRAIN, FINETUNE -> ArtifactKind.WEIGHTS;
          case EVALUATE -> ArtifactKind.SCORES;
        };
    Map<String, Double> scores = new HashMap<>();
    if (e.task().kind() == TaskKind.EVALUATE) {
      scores.put("nfe", 5.0);
      e.task()
          .spec()
          .path("spaces")
          .forEach(
              space -> {
                String digest = space.path("space").path("extractor").asText().substring(7, 19);
                String mode = space.path("space").path("mode").asText();
                scores.put("fd:" + digest + (mode.isEmpty() ? "" : "/" + mode), 7.5);
              });
    }
    return new Report.Succeeded(
        time,
        e.task().taskKey(),
        e.task().attempt(),
        e.id(),
        List.of(Specs.file(made, made.name().toLowerCase(Locale.ROOT))),
        scores,
        Map.of("commit", "c0ffee"),
        2.0);
  }

  void succeed(Execution e) {
    send(success(e));
  }

  void fail(Execution e, FailureCode code) {
    send(
        new Report.Failed(
            time, e.task().taskKey(), e.task().attempt(), e.id(), code, "it broke", List.of("l")));
  }

  void release(Execution e) {
    send(new Report.Released(time, e.task().taskKey(), e.task().attempt(), e.id()));
  }

  /** Works until nothing is left to take. */
  int drain(UUID worker) {
    int done = 0;
    while (!published.isEmpty()) {
      TaskMessage task = published.removeFirst();
      boolean stopped =
          Optional.ofNullable(control.get(task.taskKey()))
              .map(c -> c.stop() || c.attempt() != task.attempt())
              .orElse(false);
      if (!stopped) {
        succeed(start(task, worker));
        done++;
      }
    }
    return done;
  }

  /** Works until a task of a kind is on top. */
  void drainTo(UUID worker, TaskKind kind) {
    while (published.getFirst().kind() != kind) {
      succeed(start(worker));
    }
  }

  // What one sees.

  Optional<Explanation> explain(String key) {
    return new Explanations(state, SETTINGS, time).task(key);
  }

  TaskRecord task(Execution e) {
    return state.task(e.task().taskKey()).orElseThrow();
  }

  ExperimentProgress progress(String experiment) {
    return state.progress(experiment).orElseThrow();
  }

  Stream<TaskRecord> tasks(String experiment) {
    return state.tasks(experiment, Optional.empty(), Integer.MAX_VALUE).stream();
  }

  Set<String> keys(String experiment) {
    Set<String> keys = new LinkedHashSet<>();
    tasks(experiment).forEach(task -> keys.add(task.key()));
    return keys;
  }

  List<TaskKind> kinds() {
    List<TaskKind> kinds = new ArrayList<>();
    published.forEach(task -> kinds.add(task.kind()));
    return kinds;
  }
}
