package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.spec.SpecException;
import dev.fewstep.schemas.state.Problem;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Dry runs of planning: nothing is changed and nothing is written. */
public final class Previews {
  private static final String NO_ID = "preview";

  private Previews() {}

  /**
   * What submitting an experiment now would do. Takes time in proportion to the trials: the part
   * that needs the state is only the looking up.
   */
  public static PlanPreview plan(ExperimentSpec spec, OrchestratorState state) {
    InputNames.Resolved names = InputNames.resolve(spec.spec(), state);
    if (!names.problems().isEmpty()) {
      return refused(names.problems());
    }
    Map<String, TaskKind> tasks = new HashMap<>();
    int trials;
    try {
      GridTrials source = GridTrials.of(spec, NO_ID, names.inputs());
      trials = source.trials();
      for (int trial = 0; trial < trials; trial++) {
        source.plan(trial).tasks().forEach(task -> tasks.put(task.key(), task.kind()));
      }
      source.basePlan().tasks().forEach(task -> tasks.put(task.key(), task.kind()));
    } catch (SpecException e) {
      return refused(SubmissionRules.problems(e));
    } catch (IllegalArgumentException e) {
      return refused(List.of(Problem.of("spec", e.getMessage())));
    }
    Map<TaskKind, PlanPreview.Counts> byKind = none();
    tasks.forEach((key, kind) -> byKind.merge(kind, one(key, state), PlanPreview.Counts::plus));
    return new PlanPreview(trials, byKind, List.of());
  }

  private static PlanPreview.Counts one(String key, OrchestratorState state) {
    Optional<TaskState> where = state.task(key).map(task -> task.state());
    boolean outlived = where.isEmpty() && state.cached(key).isPresent();
    if (outlived || (where.isPresent() && where.get().hasResult())) {
      return new PlanPreview.Counts(0, 1, 0);
    }
    return where.isPresent() && !where.get().isTerminal()
        ? new PlanPreview.Counts(0, 0, 1)
        : new PlanPreview.Counts(1, 0, 0);
  }

  private static PlanPreview refused(List<Problem> problems) {
    return new PlanPreview(0, none(), problems);
  }

  private static Map<TaskKind, PlanPreview.Counts> none() {
    Map<TaskKind, PlanPreview.Counts> none = new EnumMap<>(TaskKind.class);
    for (TaskKind kind : TaskKind.values()) {
      none.put(kind, PlanPreview.Counts.NONE);
    }
    return none;
  }
}
