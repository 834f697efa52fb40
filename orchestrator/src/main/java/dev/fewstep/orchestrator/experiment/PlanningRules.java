package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Lineage;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.BaseEvaluation;
import dev.fewstep.schemas.state.CachedRecord;
import dev.fewstep.schemas.state.CheckpointRef;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.PlanChunk;
import dev.fewstep.schemas.state.RungRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskOrigin;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TaskResult;
import dev.fewstep.schemas.state.TrialKeys;
import dev.fewstep.schemas.state.Want;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Turns grids into tasks, so many trials in one decision.
 *
 * <p>A key that is in flight is joined; one that has a result serves once its artifacts are seen to
 * exist; one that failed or was cancelled begins a new generation.
 */
final class PlanningRules {
  private final Settings settings;
  private final Plans plans;
  private final Extensions extensions;

  PlanningRules(Settings settings, Plans plans) {
    this.settings = settings;
    this.plans = plans;
    this.extensions = new Extensions(plans);
  }

  void advance(Draft draft) {
    for (String id : draft.state().experimentIdsOldestFirst()) {
      Optional<ExperimentRecord> planning = draft.experiment(id).filter(ExperimentRecord::planning);
      if (planning.isPresent()) {
        plan(draft, planning.get());
        draft.more();
        return;
      }
    }
  }

  private void plan(Draft draft, ExperimentRecord experiment) {
    int last = Math.min(experiment.trials(), experiment.planned() + settings.planChunk());
    List<TrialKeys> keys = new ArrayList<>();
    List<BaseEvaluation> base = new ArrayList<>(experiment.base());
    try {
      TrialSource source = plans.of(experiment);
      List<TrialSource.TrialPlan> trials = new ArrayList<>();
      List<TrialSource.RungPlan> begins = new ArrayList<>();
      for (int trial = experiment.planned(); trial < last; trial++) {
        trials.add(source.plan(trial));
        begins.add(source.rung(trial, 0));
      }
      Optional<TrialSource.BasePlan> basePlan =
          experiment.planned() == 0 ? Optional.of(source.basePlan()) : Optional.empty();
      for (int i = 0; i < trials.size(); i++) {
        TrialSource.TrialPlan trial = trials.get(i);
        int index = experiment.planned() + i;
        want(draft, experiment, index, begins.get(i).tasks(), Optional.empty());
        if (source.rungs().size() > 1) {
          draft.put(
              StateRecord.of(RungRecord.entered(experiment.id(), index, begins.get(i).finetune())));
        }
        keys.add(new TrialKeys(trial.finetune(), trial.evaluate(), trial.baseline()));
      }
      basePlan.ifPresent(
          plan -> {
            want(draft, experiment, TaskOrigin.WHOLE, plan.tasks(), Optional.empty());
            plan.evaluations().forEach((steps, key) -> base.add(new BaseEvaluation(steps, key)));
          });
    } catch (IllegalArgumentException e) {
      String reason =
          "trials from " + experiment.planned() + " cannot be planned: " + e.getMessage();
      draft.put(StateRecord.of(experiment.unplannable(reason)));
      return;
    }
    draft.put(StateRecord.of(new PlanChunk(experiment.id(), experiment.planned(), keys)));
    draft.put(StateRecord.of(experiment.planned(last, base)));
    if (last == experiment.trials()) {
      replaced(draft, experiment);
    }
  }

  /** What it replaces is withdrawn once all that both want is wanted by it. */
  private static void replaced(Draft draft, ExperimentRecord experiment) {
    experiment
        .lineage()
        .filter(lineage -> lineage.kind() == Lineage.Kind.REPLACES)
        .map(Lineage::experimentId)
        .filter(
            id ->
                draft
                    .state()
                    .progress(id)
                    .map(progress -> !progress.state().isTerminal())
                    .orElse(false))
        .flatMap(draft::experiment)
        .ifPresent(old -> draft.put(StateRecord.of(old.cancelled(draft.recordTime()))));
  }

  /**
   * Lets an experiment want tasks.
   *
   * @param before where their FINETUNE task goes on from, if nothing further is found
   */
  void want(
      Draft draft,
      ExperimentRecord experiment,
      int trial,
      List<PlannedTask> tasks,
      Optional<CheckpointRef> before) {
    for (PlannedTask planned : tasks) {
      Optional<TaskRecord> known = draft.task(planned.key());
      Optional<CheckpointRef> start =
          known.map(task -> !task.state().hasResult()).orElse(true)
              ? extensions.start(draft, experiment.lineage(), trial, planned, before)
              : Optional.empty();
      Optional<CachedRecord> cached =
          known.isEmpty() ? draft.cached(planned.key()) : Optional.empty();
      if (cached.isPresent()) {
        revive(draft, experiment, created(draft, experiment, trial, planned, start), cached.get());
      } else if (known.isEmpty()) {
        draft.put(StateRecord.of(created(draft, experiment, trial, planned, start)));
      } else if (known.get().want(experiment.id()).isEmpty()) {
        join(draft, experiment, known.get(), start);
      }
    }
  }

  /**
   * A new task.
   *
   * @param start where it goes on from
   */
  static TaskRecord created(
      Draft draft,
      ExperimentRecord experiment,
      int trial,
      PlannedTask planned,
      Optional<CheckpointRef> start) {
    TaskRecord task =
        TaskRecord.created(
            planned.key(),
            planned.kind(),
            new TaskOrigin(experiment.id(), trial),
            Want.live(experiment.id()),
            planned.dependsOn(),
            experiment.spec().spec().resources().deviceClass(),
            draft.recordTime());
    return start.map(ref -> task.edit().checkpoint(ref).build()).orElse(task);
  }

  /**
   * Lets an experiment want a task that is there, whether or not it wanted it before.
   *
   * @param start where a new generation goes on from when its own checkpoint is not as far
   */
  static void join(
      Draft draft, ExperimentRecord experiment, TaskRecord task, Optional<CheckpointRef> start) {
    if (!task.state().isTerminal()) {
      draft.put(StateRecord.of(withWant(task, Want.live(experiment.id()))));
    } else if (task.state() == TaskState.SUCCEEDED) {
      TaskRecord checked = withWant(task, Want.checking(experiment.id()));
      draft.put(StateRecord.of(checked));
      draft.check(cacheCheck(checked));
    } else {
      boolean further =
          start
              .map(ref -> task.checkpoint().map(own -> own.step() < ref.step()).orElse(true))
              .orElse(false);
      anew(
          draft,
          further ? task.edit().checkpoint(start.get()).build() : task,
          Transition.Trigger.WANTED_AGAIN,
          with(settled(task), Want.live(experiment.id())));
    }
  }

  /** Lets the result of a task that is no more serve, once its artifacts are seen to exist. */
  private static void revive(
      Draft draft, ExperimentRecord experiment, TaskRecord created, CachedRecord cached) {
    TaskRecord task =
        ArchiveRules.revived(created, cached)
            .edit()
            .wants(List.of(Want.checking(experiment.id())))
            .build();
    draft.put(StateRecord.of(task));
    draft.put(StateRecord.noCached(task.key()));
    draft.check(cacheCheck(task));
  }

  private static TaskRecord withWant(TaskRecord task, Want want) {
    return task.edit().wants(with(task.wants(), want)).build();
  }

  private static List<Want> with(List<Want> wants, Want want) {
    List<Want> all = new ArrayList<>(wants);
    all.removeIf(old -> old.experimentId().equals(want.experimentId()));
    all.add(want);
    return all;
  }

  /** To those who followed the task until now, it stays what it was. */
  private static List<Want> settled(TaskRecord task) {
    return task.wants().stream()
        .map(
            want ->
                want.settled().isEmpty() && !want.checking() ? want.settledAs(task.state()) : want)
        .toList();
  }

  private static void anew(
      Draft draft, TaskRecord task, Transition.Trigger trigger, List<Want> wants) {
    TaskRecord next =
        draft.move(
            task, trigger, task.edit().state(TaskState.PENDING).newGeneration().wants(wants));
    draft.control(next);
    draft.more();
  }

  /** The question whether the result of a task still exists. */
  static Check.Cached cacheCheck(TaskRecord task) {
    TaskResult result = task.result().orElseThrow();
    return new Check.Cached(
        task.key(),
        result.artifacts().stream()
            .filter(file -> file.kind() != ArtifactKind.CHECKPOINT)
            .filter(file -> file.kind() != ArtifactKind.LOG)
            .toList());
  }

  /** The answer to it. */
  void checked(Draft draft, Input.ArtifactsChecked answer) {
    Optional<TaskRecord> known =
        draft
            .task(answer.taskKey())
            .filter(task -> task.state() == TaskState.SUCCEEDED)
            .filter(TaskRecord::checking);
    if (known.isEmpty()) {
      return;
    }
    TaskRecord task = known.get();
    draft.more();
    if (answer.present()) {
      List<Want> wants = new ArrayList<>();
      for (Want want : task.wants()) {
        if (want.checking()) {
          draft.viewMoved(TaskState.PENDING, Transition.Trigger.ARTIFACTS_SEEN, TaskState.CACHED);
          wants.add(want.settledAs(TaskState.CACHED));
        } else {
          wants.add(want);
        }
      }
      draft.put(StateRecord.of(task.edit().wants(wants).build()));
    } else {
      List<Want> wants =
          settled(task).stream()
              .map(want -> want.checking() ? Want.live(want.experimentId()) : want)
              .toList();
      anew(draft, task, Transition.Trigger.ARTIFACTS_MISSING, wants);
    }
  }
}
