package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.Problem;
import dev.fewstep.schemas.state.StateRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What people ask of an experiment that is there: pause, resume, cancel, retry, and another policy.
 * Asking for what is so already is accepted and changes nothing.
 */
final class SteeringRules {
  private static final int MAX_PRIORITY = 100;

  private SteeringRules() {}

  private static ExperimentState where(Draft draft, ExperimentRecord experiment) {
    return draft.state().progress(experiment.id()).orElseThrow().state();
  }

  static void pause(Draft draft, Command.PauseExperiment command) {
    Outcomes.about(
        draft,
        command,
        command.experimentId(),
        experiment -> {
          ExperimentState where = where(draft, experiment);
          if (where.isTerminal()) {
            Outcomes.reject(
                draft,
                command,
                experiment.id(),
                "experiment "
                    + experiment.id()
                    + " is "
                    + where
                    + ": nothing of it is left to pause");
            return;
          }
          if (!experiment.paused()) {
            draft.put(
                StateRecord.of(
                    experiment.edit().pausedAt(Optional.of(draft.recordTime())).build()));
          }
          int handedBack = command.handBack() ? PauseRules.handBack(draft, experiment.id()) : 0;
          Outcomes.acceptTasks(draft, command, experiment.id(), handedBack);
          draft.more();
        });
  }

  static void resume(Draft draft, Command.ResumeExperiment command) {
    Outcomes.about(
        draft,
        command,
        command.experimentId(),
        experiment -> {
          ExperimentState where = where(draft, experiment);
          if (experiment.withdrawn() || (where.isTerminal() && !experiment.paused())) {
            Outcomes.reject(
                draft,
                command,
                experiment.id(),
                "experiment "
                    + experiment.id()
                    + " is "
                    + where
                    + ": nothing of it waits to be resumed"
                    + (where == ExperimentState.FAILED && !experiment.withdrawn()
                        ? "; retry runs what failed again"
                        : ""));
            return;
          }
          if (experiment.paused()) {
            draft.put(
                StateRecord.of(
                    experiment
                        .edit()
                        .pausedAt(Optional.empty())
                        .servedAt(draft.recordTime())
                        .build()));
            draft.more();
          }
          Outcomes.accept(draft, command, experiment.id());
        });
  }

  static void cancel(Draft draft, Command.CancelExperiment command) {
    Outcomes.about(
        draft,
        command,
        command.experimentId(),
        experiment -> {
          ExperimentState where = where(draft, experiment);
          if (where == ExperimentState.CANCELLED) {
            Outcomes.accept(draft, command, experiment.id());
          } else if (where.isTerminal()) {
            Outcomes.reject(
                draft,
                command,
                experiment.id(),
                "experiment " + experiment.id() + " is " + where + " already");
          } else {
            draft.put(StateRecord.of(experiment.cancelled(draft.recordTime())));
            Outcomes.accept(draft, command, experiment.id());
            draft.more();
          }
        });
  }

  static void retry(Draft draft, Command.RetryFailed command) {
    Outcomes.about(
        draft,
        command,
        command.experimentId(),
        experiment -> {
          if (experiment.withdrawn()) {
            Outcomes.reject(
                draft,
                command,
                experiment.id(),
                experiment
                    .planFailure()
                    .map(why -> "experiment " + experiment.id() + " cannot be planned: " + why)
                    .orElse(
                        "experiment "
                            + experiment.id()
                            + " is CANCELLED: nothing of it is retried; clone it instead"));
            return;
          }
          int failed =
              draft
                  .state()
                  .progress(experiment.id())
                  .map(progress -> progress.tasks().get(TaskState.FAILED))
                  .orElse(0);
          if (failed > 0) {
            draft.put(
                StateRecord.of(experiment.edit().retryAt(Optional.of(draft.recordTime())).build()));
            draft.more();
          }
          Outcomes.acceptTasks(draft, command, experiment.id(), failed);
        });
  }

  static void change(Draft draft, Command.ChangePolicy command) {
    Outcomes.about(
        draft,
        command,
        command.experimentId(),
        experiment -> {
          List<Problem> problems = problems(command);
          if (!problems.isEmpty()) {
            Outcomes.reject(draft, command, experiment.id(), problems.get(0).message(), problems);
            return;
          }
          if (experiment.withdrawn()) {
            Outcomes.reject(
                draft,
                command,
                experiment.id(),
                "experiment "
                    + experiment.id()
                    + " is "
                    + where(draft, experiment)
                    + ": its policy matters no more");
            return;
          }
          ExperimentRecord.Builder changed = experiment.edit();
          command.priority().ifPresent(changed::priority);
          command.maxParallel().ifPresent(changed::maxParallel);
          ExperimentRecord next = changed.build();
          if (!next.equals(experiment)) {
            draft.put(StateRecord.of(next));
            draft.more();
          }
          Outcomes.accept(draft, command, experiment.id());
        });
  }

  private static List<Problem> problems(Command.ChangePolicy command) {
    List<Problem> problems = new ArrayList<>();
    if (command.priority().isEmpty() && command.maxParallel().isEmpty()) {
      problems.add(
          new Problem(
              "",
              "no change of the policy is asked for",
              Optional.of("priority, maxParallel or both"),
              Optional.empty()));
    }
    command
        .priority()
        .filter(value -> value < 0 || value > MAX_PRIORITY)
        .ifPresent(value -> problems.add(wrong("priority", value, "0 to " + MAX_PRIORITY)));
    command
        .maxParallel()
        .filter(value -> value < 0)
        .ifPresent(value -> problems.add(wrong("maxParallel", value, "0 for no bound, or more")));
    return problems;
  }

  private static Problem wrong(String path, int value, String expected) {
    return new Problem(
        path,
        path + " must be " + expected + ", not " + value,
        Optional.of(expected),
        Optional.empty());
  }
}
