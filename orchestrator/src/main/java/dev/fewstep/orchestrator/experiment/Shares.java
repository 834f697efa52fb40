package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.LeaseRecord;
import dev.fewstep.schemas.state.ProjectRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.Want;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Who holds how many devices, who may have another, and who goes first. A device is held from the
 * moment at which a task is published; one that serves several experiments counts for each of them,
 * and once for each of their projects.
 */
final class Shares {
  private final Draft draft;
  private final Duration aging;
  private final Map<String, Integer> byExperiment = new HashMap<>();
  private final Map<String, Integer> byProject = new HashMap<>();

  /**
   * Counts.
   *
   * @param aging how long an experiment goes unserved for each point of priority that it gains
   */
  Shares(Draft draft, Duration aging) {
    this.draft = draft;
    this.aging = aging;
    for (TaskAge age : draft.state().index().published()) {
      draft.task(age.key()).filter(TaskRecord::published).ifPresent(this::took);
    }
    for (LeaseRecord lease : draft.state().leases()) {
      draft
          .task(lease.taskKey())
          .filter(task -> task.state() == TaskState.RUNNING)
          .ifPresent(this::took);
    }
  }

  /** Counts a task that was published. */
  void took(TaskRecord task) {
    Set<String> projects = new HashSet<>();
    for (Want want : task.wants()) {
      if (want.settled().isEmpty()) {
        byExperiment.merge(want.experimentId(), 1, Integer::sum);
        draft.experiment(want.experimentId()).map(Shares::project).ifPresent(projects::add);
      }
    }
    projects.forEach(project -> byProject.merge(project, 1, Integer::sum));
  }

  static String project(ExperimentRecord experiment) {
    return experiment.spec().metadata().project();
  }

  /** Devices that an experiment holds. */
  int held(ExperimentRecord experiment) {
    return byExperiment.getOrDefault(experiment.id(), 0);
  }

  /** Devices that a project holds. */
  int held(String project) {
    return byProject.getOrDefault(project, 0);
  }

  /** Whether the experiment holds as many devices as its policy allows. */
  boolean full(ExperimentRecord experiment) {
    int bound = experiment.currentMaxParallel();
    return bound > 0 && held(experiment) >= bound;
  }

  /** Whether the project holds as many devices as it may. */
  boolean full(ProjectRecord project) {
    return project.maxDevices() > 0 && held(project.name()) >= project.maxDevices();
  }

  /** Whether the experiment may have another device. */
  boolean mayRun(ExperimentRecord experiment) {
    return !full(experiment) && !full(draft.project(project(experiment)));
  }

  /** Devices that the experiment's project holds, by its weight. */
  double load(ExperimentRecord experiment) {
    ProjectRecord project = draft.project(project(experiment));
    return held(project.name()) / project.weight();
  }

  /**
   * Priority with age: a point more for each {@code aging} that has passed since the experiment was
   * last served, or the task in question was made, whichever is later. An experiment that holds a
   * device is being served.
   */
  long priority(ExperimentRecord experiment, TaskAge first) {
    if (held(experiment) > 0) {
      return experiment.currentPriority();
    }
    Instant since =
        later(experiment.servedAt().orElse(experiment.submittedAt()), first.createdAt());
    Duration unserved = Duration.between(since, draft.recordTime());
    return experiment.currentPriority() + (unserved.isNegative() ? 0 : unserved.dividedBy(aging));
  }

  private static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }

  /** What goes first: priority with age, then the least loaded project, experiment, then age. */
  Comparator<Candidate> order() {
    return Comparator.comparing(
            (Candidate one) -> priority(one.experiment(), one.first()), Comparator.reverseOrder())
        .thenComparing(one -> load(one.experiment()))
        .thenComparing(one -> held(one.experiment()))
        .thenComparing(Candidate::first)
        .thenComparing(one -> one.experiment().sequence());
  }

  /**
   * What an experiment would run next.
   *
   * @param experiment the experiment
   * @param first its first ready task
   */
  record Candidate(ExperimentRecord experiment, TaskAge first) {}
}
