package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.state.CheckpointRef;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.WorkerRecord;
import dev.fewstep.schemas.task.SourceRef;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Publishes tasks by credit: of each class no more than it has idle workers, in the order of {@link
 * Shares}.
 */
final class DispatchRules {
  private final Settings settings;
  private final Plans plans;

  DispatchRules(Settings settings, Plans plans) {
    this.settings = settings;
    this.plans = plans;
  }

  /** Tasks of a class that may be published now. */
  static int credit(Draft draft, String deviceClass) {
    long idle =
        draft.workers().stream()
            .filter(worker -> worker.deviceClass().equals(deviceClass))
            .filter(WorkerRecord::idle)
            .count();
    long out =
        draft.state().index().published(deviceClass).stream()
            .map(age -> draft.task(age.key()))
            .flatMap(Optional::stream)
            .filter(TaskRecord::published)
            .count();
    return (int) Math.max(0, idle - out);
  }

  void advance(Draft draft) {
    Optional<Shares> shares = Optional.empty();
    for (String deviceClass : draft.state().index().queuedClasses()) {
      int credit = credit(draft, deviceClass);
      if (credit > 0 && draft.state().deviceClass(deviceClass).isPresent()) {
        Shares known = shares.orElseGet(() -> new Shares(draft, settings.aging()));
        shares = Optional.of(known);
        dispatch(draft, deviceClass, credit, known);
      }
    }
  }

  private void dispatch(Draft draft, String deviceClass, int credit, Shares shares) {
    List<Line> lines = new ArrayList<>();
    for (Map.Entry<String, TreeSet<TaskAge>> queue :
        draft.state().index().queue(deviceClass).entrySet()) {
      draft
          .experiment(queue.getKey())
          .filter(ExperimentRecord::live)
          .ifPresent(
              experiment -> lines.add(new Line(experiment, first(queue.getValue(), credit))));
    }
    for (int left = credit; left > 0; left--) {
      Optional<Line> next =
          lines.stream()
              .filter(line -> line.head(draft).isPresent())
              .filter(line -> shares.mayRun(line.experiment))
              .min(Comparator.comparing(Line::candidate, shares.order()));
      if (next.isEmpty()) {
        return;
      }
      TaskRecord task = next.get().head(draft).orElseThrow();
      next.get().waiting.removeFirst();
      publish(draft, next.get().experiment, task);
      shares.took(task);
      shares.served(next.get().experiment.id());
    }
  }

  /** Enough of a queue: those taken by another experiment's line are skipped, at most credit. */
  private static Deque<TaskAge> first(TreeSet<TaskAge> queue, int credit) {
    Deque<TaskAge> first = new ArrayDeque<>();
    for (TaskAge age : queue) {
      if (first.size() >= 2 * credit) {
        break;
      }
      first.add(age);
    }
    return first;
  }

  private void publish(Draft draft, ExperimentRecord wanting, TaskRecord task) {
    ExperimentRecord origin = draft.experiment(task.origin().experimentId()).orElseThrow();
    PlannedTask planned = plans.task(origin, task);
    Map<String, Artifact> inputs = new HashMap<>();
    for (SourceRef source : planned.spec().sources()) {
      inputs.put(source.value(), artifact(draft, origin, source));
    }
    TaskRecord next =
        draft.move(
            task,
            Transition.Trigger.PUBLISHED,
            task.edit()
                .dispatchDeadline(Optional.of(draft.recordTime().plus(settings.dispatch()))));
    draft.publish(
        new TaskToPublish(
            task.deviceClass(),
            new TaskMessage(
                task.key(),
                task.attempt(),
                task.kind(),
                Json.toTree(planned.spec()),
                inputs,
                task.checkpoint().map(CheckpointRef::artifact),
                wanting.id(),
                draft.now())));
    if (next.attempt() > 1) {
      draft.control(next);
    }
  }

  private static Artifact artifact(Draft draft, ExperimentRecord origin, SourceRef source) {
    if (source.digest().isPresent()) {
      String digest = source.digest().get();
      return origin.inputs().values().stream()
          .filter(input -> input.sha256().equals(digest))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("no input has the digest " + digest));
    }
    String upstream = source.upstreamKey().orElseThrow();
    ArtifactKind kind = source.upstreamKind().orElseThrow();
    return draft
        .task(upstream)
        .flatMap(TaskRecord::result)
        .flatMap(
            result -> result.artifacts().stream().filter(file -> file.kind() == kind).findFirst())
        .orElseThrow(() -> new IllegalStateException("task " + upstream + " made no " + kind));
  }

  /** What waits for one experiment. */
  private static final class Line {
    private final ExperimentRecord experiment;
    private final Deque<TaskAge> waiting;

    Line(ExperimentRecord experiment, Deque<TaskAge> waiting) {
      this.experiment = experiment;
      this.waiting = waiting;
    }

    Shares.Candidate candidate() {
      return new Shares.Candidate(experiment, waiting.getFirst());
    }

    /** The first task that is still to be published. */
    Optional<TaskRecord> head(Draft draft) {
      while (!waiting.isEmpty()) {
        Optional<TaskRecord> task =
            draft
                .task(waiting.getFirst().key())
                .filter(t -> t.state() == TaskState.QUEUED && !t.published())
                .filter(t -> draft.state().index().dependenciesSucceeded(t))
                .filter(t -> someoneFits(draft, t));
        if (task.isPresent()) {
          return task;
        }
        waiting.removeFirst();
      }
      return Optional.empty();
    }
  }

  /** Whether an idle worker of its class has the memory that it asks for. */
  private static boolean someoneFits(Draft draft, TaskRecord task) {
    long need = MemoryNeed.bytes(task, draft::experiment);
    return need == 0
        || draft.workers().stream()
            .filter(worker -> worker.deviceClass().equals(task.deviceClass()))
            .anyMatch(worker -> worker.idle() && MemoryNeed.fits(need, worker));
  }
}
