package dev.fewstep.orchestrator.tensorboard;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.Results;
import dev.fewstep.orchestrator.experiment.TrialView;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TaskResult;
import dev.fewstep.schemas.state.TrialKeys;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a task has shown, as a run of TensorBoard.
 *
 * @param name folder of the run within the experiment's, such as {@code
 *     0003,sampling.steps=4,seed=1/finetune-0a1b2c3d}
 * @param finishedAt when the task succeeded
 * @param result what it succeeded with
 */
public record TaskRun(String name, Instant finishedAt, TaskResult result) {
  private static final int LONGEST = 120;
  private static final int PART = 1_000;

  public TaskRun {
    requireNonNull(name, "name");
    requireNonNull(finishedAt, "finishedAt");
    requireNonNull(result, "result");
  }

  /** The tasks of an experiment that have results, those that trials share under the first. */
  public static List<TaskRun> of(OrchestratorState state, ExperimentRecord experiment) {
    Map<String, String> names = new LinkedHashMap<>();
    Results results = new Results(state);
    for (int from = 0; from < experiment.planned(); from += PART) {
      for (TrialView trial : results.trials(experiment.id(), from, PART)) {
        String folder = folder(trial);
        Optional<TrialKeys> keys = trial.tasks();
        keys.ifPresent(
            tasks -> {
              names.putIfAbsent(tasks.finetune(), folder + "/finetune");
              names.putIfAbsent(tasks.evaluate(), folder + "/evaluate");
              names.putIfAbsent(tasks.baseline(), folder + "/baseline");
            });
      }
    }
    experiment
        .base()
        .forEach(
            base -> names.putIfAbsent(base.taskKey(), "base/" + base.samplingSteps() + "-steps"));
    List<TaskRun> runs = new ArrayList<>();
    for (TaskRecord task : state.tasks(experiment.id(), Optional.empty(), Integer.MAX_VALUE)) {
      String name =
          names.getOrDefault(task.key(), "shared/" + task.kind().name().toLowerCase(Locale.ROOT));
      task.result()
          .ifPresent(
              result ->
                  runs.add(
                      new TaskRun(
                          name + "-" + task.key().substring(0, 8),
                          task.finishedAt().orElse(task.createdAt()),
                          result)));
    }
    return runs;
  }

  private static String folder(TrialView trial) {
    StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%04d", trial.index()));
    trial
        .values()
        .forEach(
            (axis, value) ->
                text.append(',')
                    .append(axis)
                    .append('=')
                    .append(value.isValueNode() ? value.asText() : value.toString()));
    text.append(",seed=").append(trial.seed());
    String plain = text.toString().replaceAll("[^A-Za-z0-9.,=_-]", "_");
    return plain.substring(0, Math.min(plain.length(), LONGEST));
  }

  /** The step in a picture's name, such as 100 in {@code preview-000100.png}; empty for none. */
  static OptionalInt step(String name) {
    java.util.regex.Matcher digits =
        java.util.regex.Pattern.compile("-(\\d{1,9})\\.png$").matcher(name);
    return digits.find() ? OptionalInt.of(Integer.parseInt(digits.group(1))) : OptionalInt.empty();
  }
}
