package dev.fewstep.orchestrator.experiment;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TaskOrigin;
import dev.fewstep.schemas.state.TaskRecord;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/** Derives trials and task specifications from experiments; keeps what it read of the last few. */
final class Plans {
  private static final int KEPT = 16;

  private final Map<String, TrialSource> kept =
      new LinkedHashMap<>(KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, TrialSource> eldest) {
          return size() > KEPT;
        }
      };

  /** The trials of an experiment. */
  TrialSource of(ExperimentRecord experiment) {
    return kept.computeIfAbsent(
        experiment.id(),
        id -> GridTrials.of(experiment.spec(), experiment.saltId(), experiment.inputs()));
  }

  /**
   * The specification of a task.
   *
   * @param experiment the experiment of the task's origin
   */
  PlannedTask task(ExperimentRecord experiment, TaskRecord task) {
    requireNonNull(task, "task");
    TrialSource source = of(experiment);
    Stream<PlannedTask> candidates =
        task.origin().trial() == TaskOrigin.WHOLE
            ? source.basePlan().tasks().stream()
            : source.everything(task.origin().trial()).stream();
    return candidates
        .filter(planned -> planned.key().equals(task.key()))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "task " + task.key() + " does not follow from its origin " + task.origin()));
  }
}
