package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TaskOrigin;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TrialKeys;
import dev.fewstep.schemas.state.Want;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds where else a task's specification follows from, when the experiment that made it goes. */
final class Origins {
  private final Plans plans;
  private String indexed = "";
  private int indexedTrials;
  private Map<String, Integer> trials = Map.of();

  Origins(Plans plans) {
    this.plans = plans;
  }

  /** A place in one of the experiments that still want the task. */
  Optional<TaskOrigin> find(Draft draft, TaskRecord task, List<Want> wants) {
    for (Want want : wants) {
      Optional<TaskOrigin> found =
          draft
              .experiment(want.experimentId())
              .flatMap(experiment -> in(draft.state(), experiment, task));
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private Optional<TaskOrigin> in(
      OrchestratorState state, ExperimentRecord experiment, TaskRecord task) {
    Map<String, Integer> byKey = index(state, experiment);
    Optional<Integer> trial = Optional.ofNullable(byKey.get(task.key()));
    for (String dependant : state.index().dependants(task.key())) {
      if (trial.isEmpty()) {
        trial = Optional.ofNullable(byKey.get(dependant));
      }
    }
    Optional<TaskOrigin> likely =
        trial
            .map(index -> new TaskOrigin(experiment.id(), index))
            .filter(origin -> follows(experiment, task, origin));
    TaskOrigin whole = new TaskOrigin(experiment.id(), TaskOrigin.WHOLE);
    if (likely.isPresent() || follows(experiment, task, whole)) {
      return likely.or(() -> Optional.of(whole));
    }
    for (int index = 0; index < experiment.planned(); index++) {
      TaskOrigin origin = new TaskOrigin(experiment.id(), index);
      if (follows(experiment, task, origin)) {
        return Optional.of(origin);
      }
    }
    return Optional.empty();
  }

  private boolean follows(ExperimentRecord experiment, TaskRecord task, TaskOrigin origin) {
    TrialSource source = plans.of(experiment);
    List<PlannedTask> tasks =
        origin.trial() == TaskOrigin.WHOLE
            ? source.basePlan().tasks()
            : source.everything(origin.trial());
    return tasks.stream().anyMatch(planned -> planned.key().equals(task.key()));
  }

  /** Trials by the keys that make their rows; kept for the experiment asked for last. */
  private Map<String, Integer> index(OrchestratorState state, ExperimentRecord experiment) {
    if (!indexed.equals(experiment.id()) || indexedTrials != experiment.planned()) {
      Map<String, Integer> byKey = new HashMap<>();
      state
          .experimentFold(experiment.id())
          .orElseThrow()
          .plan()
          .forEach((first, keys) -> add(byKey, first, keys));
      indexed = experiment.id();
      indexedTrials = experiment.planned();
      trials = byKey;
    }
    return trials;
  }

  private static void add(Map<String, Integer> byKey, int first, List<TrialKeys> keys) {
    for (int i = 0; i < keys.size(); i++) {
      byKey.putIfAbsent(keys.get(i).finetune(), first + i);
      byKey.putIfAbsent(keys.get(i).evaluate(), first + i);
      byKey.putIfAbsent(keys.get(i).baseline(), first + i);
    }
  }
}
