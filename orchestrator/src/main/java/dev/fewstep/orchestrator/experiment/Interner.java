package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.state.CachedRecord;
import dev.fewstep.schemas.state.RungRecord;
import dev.fewstep.schemas.state.TaskOrigin;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TaskResult;
import dev.fewstep.schemas.state.TrialKeys;
import dev.fewstep.schemas.state.Want;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps one copy of the texts that many records share, and of tasks that have a result; most of the
 * heap would be copies. For any number of threads.
 */
final class Interner {
  private static final int MANY = 8;

  private final Map<Object, Object> known = new ConcurrentHashMap<>();

  String text(String value) {
    return (String) known.computeIfAbsent(value, key -> key);
  }

  @SuppressWarnings("unchecked")
  private <T> T value(T value) {
    return (T) known.computeIfAbsent(value, key -> key);
  }

  private List<String> texts(List<String> values) {
    List<String> same = new ArrayList<>(values.size());
    values.forEach(value -> same.add(text(value)));
    return List.copyOf(same);
  }

  TaskRecord task(TaskRecord task) {
    TaskOrigin origin = task.origin();
    List<Want> wants = new ArrayList<>(task.wants().size());
    for (Want want : task.wants()) {
      wants.add(value(want));
    }
    TaskRecord same = copy(task, origin, wants);
    return task.result().isPresent() ? value(same) : same;
  }

  private TaskRecord copy(TaskRecord task, TaskOrigin origin, List<Want> wants) {
    return new TaskRecord(
        text(task.key()),
        task.kind(),
        task.state(),
        task.generation(),
        new TaskOrigin(text(origin.experimentId()), origin.trial()),
        wants.size() > MANY ? List.copyOf(wants) : value(List.copyOf(wants)),
        value(texts(task.dependsOn())),
        text(task.deviceClass()),
        value(task.createdAt()),
        task.attempt(),
        task.charged(),
        task.losses(),
        task.furthestStep(),
        task.notBefore(),
        task.dispatchDeadline(),
        task.executionId(),
        task.workerId(),
        task.startedAt(),
        task.finishedAt(),
        task.checkpoint(),
        task.result().map(this::result),
        task.failure(),
        task.handedBack(),
        task.past());
  }

  TrialKeys trial(TrialKeys keys) {
    return new TrialKeys(text(keys.finetune()), text(keys.evaluate()), text(keys.baseline()));
  }

  RungRecord rung(RungRecord entry) {
    return new RungRecord(
        text(entry.experimentId()),
        entry.trial(),
        entry.rung(),
        text(entry.finetune()),
        entry.values());
  }

  CachedRecord cached(CachedRecord entry) {
    return new CachedRecord(
        entry.taskKey(),
        entry.kind(),
        text(entry.experimentId()),
        value(entry.finishedAt()),
        result(entry.result()));
  }

  /** Keeps a task as it was no longer; a copy elsewhere stays right. */
  void forgetResult(TaskRecord task) {
    if (task.result().isPresent()) {
      known.remove(task);
    }
  }

  /** Keeps what only that task is likely to have had no longer; a copy elsewhere stays right. */
  void forget(TaskRecord task) {
    known.remove(task.key());
    known.remove(task.dependsOn());
  }

  private TaskResult result(TaskResult result) {
    List<Artifact> artifacts = new ArrayList<>(result.artifacts().size());
    for (Artifact artifact : result.artifacts()) {
      artifacts.add(
          new Artifact(
              artifact.kind(), text(artifact.name()), artifact.bytes(), artifact.sha256()));
    }
    Map<String, Double> scores = new HashMap<>();
    result.scores().forEach((name, score) -> scores.put(text(name), score));
    return new TaskResult(
        result.attempt(),
        result.executionId(),
        artifacts,
        scores,
        value(result.provenance()),
        result.seconds());
  }
}
