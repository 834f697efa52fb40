package dev.fewstep.orchestrator.experiment;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.WorkerRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The queues of the device classes at one moment.
 *
 * @param classes every class that has workers or ready tasks, by name
 */
public record QueueView(List<ClassQueue> classes) {
  /** Tasks of a project that are looked at for their reasons; of all others only the number. */
  static final int EXAMINED = 100;

  public QueueView {
    classes = List.copyOf(classes);
  }

  /**
   * The queue of a device class.
   *
   * @param workers live workers
   * @param idle workers that would start a task at once
   * @param queued ready tasks, published ones included
   * @param running tasks that workers run
   * @param projects those that wait or run, most waiting first
   */
  public record ClassQueue(
      String name, int workers, int idle, int queued, int running, List<ProjectQueue> projects) {
    public ClassQueue {
      requireNonNull(name, "name");
      projects = List.copyOf(projects);
    }
  }

  /**
   * A project's part of a queue. A task that several projects want belongs to the first by name.
   *
   * @param queued its ready tasks
   * @param running its tasks that workers run
   * @param examined how many of the ready ones were looked at, oldest first in each experiment
   * @param reasons those by the reason that counts most for each, most tasks first
   */
  public record ProjectQueue(
      String name, int queued, int running, int examined, List<Waiting> reasons) {
    public ProjectQueue {
      requireNonNull(name, "name");
      reasons = List.copyOf(reasons);
    }
  }

  /**
   * Tasks that wait for the same reason.
   *
   * @param count how many of those looked at
   * @param text what is said of the first of them
   * @param example key of the first of them
   */
  public record Waiting(Explanation.Code reason, int count, String text, String example) {
    Waiting one() {
      return new Waiting(reason, count + 1, text, example);
    }
  }

  /** The same with some of the projects. */
  public QueueView of(Predicate<String> seen) {
    return new QueueView(
        classes.stream()
            .map(
                one ->
                    new ClassQueue(
                        one.name(),
                        one.workers(),
                        one.idle(),
                        one.queued(),
                        one.running(),
                        one.projects().stream()
                            .filter(project -> seen.test(project.name()))
                            .toList()))
            .toList());
  }

  static QueueView of(OrchestratorState state, Explanations explanations) {
    Set<String> names = new TreeSet<>(state.index().queuedClasses());
    state.workers().forEach(worker -> names.add(worker.deviceClass()));
    state.leases().stream()
        .flatMap(lease -> state.task(lease.taskKey()).stream())
        .forEach(task -> names.add(task.deviceClass()));
    List<ClassQueue> classes = new ArrayList<>();
    for (String name : names) {
      Optional<ClassQueue> queue = new Reader(state, explanations, name).read();
      queue.ifPresent(classes::add);
    }
    return new QueueView(classes);
  }

  /** Reads one class's queue. */
  private static final class Reader {
    private final OrchestratorState state;
    private final Explanations explanations;
    private final String name;
    private final Map<String, Part> parts = new TreeMap<>();
    private final Set<String> seen = new HashSet<>();

    /** What is found of a project. */
    private static final class Part {
      private final Map<Explanation.Code, Waiting> reasons = new EnumMap<>(Explanation.Code.class);
      private int queued;
      private int running;
      private int examined;
    }

    Reader(OrchestratorState state, Explanations explanations, String name) {
      this.state = state;
      this.explanations = explanations;
      this.name = name;
    }

    Optional<ClassQueue> read() {
      int running = running();
      Map<String, List<String>> projects = new TreeMap<>();
      for (String experiment : state.index().queue(name).keySet()) {
        projects.computeIfAbsent(project(experiment), key -> new ArrayList<>()).add(experiment);
      }
      projects.forEach(this::waiting);
      published();
      List<WorkerRecord> workers =
          state.workers().stream().filter(worker -> worker.deviceClass().equals(name)).toList();
      int idle = (int) workers.stream().filter(WorkerRecord::idle).count();
      if (workers.isEmpty() && parts.isEmpty()) {
        return Optional.empty();
      }
      List<ProjectQueue> found = new ArrayList<>();
      parts.forEach((project, part) -> found.add(view(project, part)));
      found.sort(Comparator.comparing(ProjectQueue::queued).reversed());
      return Optional.of(new ClassQueue(name, workers.size(), idle, seen.size(), running, found));
    }

    private int running() {
      Map<String, Integer> counts = new HashMap<>();
      state.leases().stream()
          .flatMap(lease -> state.task(lease.taskKey()).stream())
          .filter(task -> task.deviceClass().equals(name))
          .forEach(task -> counts.merge(wantingProject(task), 1, Integer::sum));
      counts.forEach((project, count) -> part(project).running = count);
      return counts.values().stream().mapToInt(Integer::intValue).sum();
    }

    private void waiting(String project, List<String> experiments) {
      for (String experiment : experiments) {
        for (TaskAge age : state.index().queue(name).get(experiment)) {
          note(project, age.key());
        }
      }
    }

    private void published() {
      for (TaskAge age : state.index().published(name)) {
        note(wantingProject(state.task(age.key()).orElseThrow()), age.key());
      }
    }

    private void note(String project, String key) {
      if (!seen.add(key)) {
        return;
      }
      Part part = part(project);
      part.queued++;
      if (part.examined < EXAMINED) {
        part.examined++;
        Explanation.Reason first = explanations.task(key).orElseThrow().reasons().get(0);
        part.reasons.merge(
            first.code(),
            new Waiting(first.code(), 1, first.text(), key),
            (old, other) -> old.one());
      }
    }

    private Part part(String project) {
      return parts.computeIfAbsent(project, key -> new Part());
    }

    private String project(String experimentId) {
      return state.experiment(experimentId).map(Shares::project).orElse("");
    }

    private String wantingProject(TaskRecord task) {
      return task.wants().stream()
          .filter(want -> want.settled().isEmpty())
          .flatMap(want -> state.experiment(want.experimentId()).stream())
          .filter(ExperimentRecord::live)
          .map(Shares::project)
          .min(Comparator.naturalOrder())
          .orElseGet(() -> project(task.origin().experimentId()));
    }

    private static ProjectQueue view(String name, Part part) {
      List<Waiting> reasons = new ArrayList<>(part.reasons.values());
      reasons.sort(Comparator.comparing(Waiting::count).reversed());
      return new ProjectQueue(name, part.queued, part.running, part.examined, reasons);
    }
  }
}
