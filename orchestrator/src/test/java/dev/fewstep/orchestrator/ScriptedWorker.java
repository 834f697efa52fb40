package dev.fewstep.orchestrator;

import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

/** Does tasks as a worker would, with results that are a function of the task's key. */
final class ScriptedWorker implements AutoCloseable {
  private final TopicReader topics;
  private final ObjectStore store;
  private final TopicReader.Present presence;
  private final Function<TaskMessage, Map<String, Double>> results;
  private final UUID id = UUID.randomUUID();
  private final Set<String> taken = new HashSet<>();
  final List<TaskMessage> done = new ArrayList<>();

  ScriptedWorker(TopicReader topics, ObjectStore store) {
    this(topics, store, ScriptedWorker::scores);
  }

  ScriptedWorker(
      TopicReader topics, ObjectStore store, Function<TaskMessage, Map<String, Double>> results) {
    this.results = results;
    this.topics = topics;
    this.store = store;
    this.presence = topics.idle(id, "cpu");
  }

  /** Published attempts that were not taken yet. */
  List<TaskMessage> waiting() {
    return topics.committed(Topics.tasks("cpu"), TaskMessage.class).stream()
        .filter(task -> !taken.contains(task.taskKey() + task.attempt()))
        .toList();
  }

  /** Takes a task and reports its start. */
  UUID start(TaskMessage task) {
    taken.add(task.taskKey() + task.attempt());
    UUID execution = UUID.randomUUID();
    topics.report(new Report.Started(Instant.now(), task.taskKey(), task.attempt(), execution, id));
    return execution;
  }

  Artifact checkpoint(TaskMessage task, UUID execution, long step) {
    Artifact file = file(ArtifactKind.CHECKPOINT, "checkpoint-" + step + ".safetensors", task);
    topics.report(
        new Report.Checkpointed(
            Instant.now(), task.taskKey(), task.attempt(), execution, step, file));
    return file;
  }

  void finish(TaskMessage task, UUID execution) {
    ArtifactKind made =
        switch (task.kind()) {
          case REFERENCE -> ArtifactKind.STATISTICS;
          case PRETRAIN, FINETUNE -> ArtifactKind.WEIGHTS;
          case EVALUATE -> ArtifactKind.SCORES;
        };
    topics.report(
        new Report.Succeeded(
            Instant.now(),
            task.taskKey(),
            task.attempt(),
            execution,
            List.of(file(made, made.name().toLowerCase(Locale.ROOT), task)),
            results.apply(task),
            Map.of("commit", "c0ffee"),
            1));
    done.add(task);
  }

  /** Scores that depend on the task alone. */
  static Map<String, Double> scores(TaskMessage task) {
    Map<String, Double> scores = new HashMap<>();
    if (task.kind() == TaskKind.EVALUATE) {
      scores.put("nfe", 5.0);
      double score = Integer.parseInt(task.taskKey().substring(0, 6), 16) / 1000.0;
      task.spec()
          .path("spaces")
          .forEach(
              space -> {
                String digest = space.path("space").path("extractor").asText().substring(7, 19);
                String mode = space.path("space").path("mode").asText();
                scores.put("fd:" + digest + (mode.isEmpty() ? "" : "/" + mode), score);
              });
    }
    return scores;
  }

  private Artifact file(ArtifactKind kind, String name, TaskMessage task) {
    byte[] content = (kind + " of " + task.taskKey()).getBytes(StandardCharsets.UTF_8);
    try {
      Path file = Files.createTempFile("fewstep", ".artifact");
      try {
        Files.write(file, content);
        return store.put(kind, name, file, Digests.sha256Hex(content));
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Does the next task that is published, if there is one. */
  Optional<TaskMessage> one() {
    Optional<TaskMessage> next = waiting().stream().findFirst();
    next.ifPresent(task -> finish(task, start(task)));
    return next;
  }

  @Override
  public void close() {
    presence.close();
  }
}
