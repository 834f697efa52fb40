package dev.fewstep.orchestrator.view;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.Results;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TaskResult;
import dev.fewstep.schemas.state.TrialKeys;
import java.util.Optional;

/**
 * What listings say of an experiment's results.
 *
 * @param best the trial with the lowest Fréchet distance in the space that experiments are compared
 *     in: the first that is held out, else the trained one
 * @param deviceSeconds seconds of the executions that made its results; results that it found and
 *     attempts that failed are left out
 */
public record ExperimentSummary(Optional<Best> best, double deviceSeconds) {
  /**
   * A trial.
   *
   * @param space extractor name as the specification writes it
   * @param heldOut whether it was not trained in that space
   * @param score its Fréchet distance
   * @param ratio the same as a part of its paired baseline's, once known
   * @param trial its index
   * @param nfe network evaluations really made, once known
   * @param samplingSteps sampling steps asked for
   */
  public record Best(
      String space,
      boolean heldOut,
      double score,
      Optional<Double> ratio,
      int trial,
      Optional<Integer> nfe,
      int samplingSteps) {
    public Best {
      requireNonNull(space, "space");
      requireNonNull(ratio, "ratio");
      requireNonNull(nfe, "nfe");
    }
  }

  public ExperimentSummary {
    requireNonNull(best, "best");
  }

  /** Folds the results of an experiment: takes time in proportion to its tasks. */
  public static ExperimentSummary of(
      OrchestratorState state, ExperimentRecord experiment, GridFacts facts) {
    return new ExperimentSummary(best(state, experiment, facts), seconds(state, experiment));
  }

  private static double seconds(OrchestratorState state, ExperimentRecord experiment) {
    double seconds = 0;
    for (TaskRecord task : state.tasks(experiment.id(), Optional.empty(), Integer.MAX_VALUE)) {
      boolean made =
          task.result().isPresent()
              && task.want(experiment.id())
                  .filter(want -> want.view(task.state()) == TaskState.SUCCEEDED)
                  .isPresent();
      seconds += made ? task.result().get().seconds() : 0;
    }
    return seconds;
  }

  private static Optional<Best> best(
      OrchestratorState state, ExperimentRecord experiment, GridFacts facts) {
    if (facts.spaces().isEmpty()) {
      return Optional.empty();
    }
    Results results = new Results(state);
    Space space = facts.leading();
    String name = "fd:" + space.id();
    int best = -1;
    double least = Double.POSITIVE_INFINITY;
    for (int trial = 0; trial < experiment.planned(); trial++) {
      Optional<TrialKeys> keys = state.trialKeys(experiment.id(), trial);
      Double score =
          keys.flatMap(k -> results.result(k.evaluate(), experiment))
              .map(result -> result.scores().get(name))
              .orElse(Double.NaN);
      if (score < least) {
        least = score;
        best = trial;
      }
    }
    if (best < 0) {
      return Optional.empty();
    }
    TrialKeys keys = state.trialKeys(experiment.id(), best).orElseThrow();
    GridFacts.Settings settings = facts.settings(best);
    double score = least;
    return Optional.of(
        new Best(
            space.name(),
            !settings.trained().contains(space.name()),
            score,
            results
                .result(keys.baseline(), experiment)
                .map(result -> result.scores().get(name))
                .filter(baseline -> baseline > 0)
                .map(baseline -> score / baseline),
            best,
            results.result(keys.evaluate(), experiment).flatMap(ExperimentSummary::nfe),
            settings.samplingSteps()));
  }

  private static Optional<Integer> nfe(TaskResult result) {
    return Optional.ofNullable(result.scores().get("nfe")).map(Double::intValue);
  }
}
