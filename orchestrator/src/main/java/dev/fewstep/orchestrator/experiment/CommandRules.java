package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.spec.Nearest;
import dev.fewstep.schemas.spec.SpecException;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.InputRecord;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.Problem;
import dev.fewstep.schemas.state.StateRecord;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/** What people ask. Each command has exactly one outcome, however often it comes. */
final class CommandRules {
  private static final Set<ArtifactKind> IMPORTED =
      EnumSet.of(
          ArtifactKind.DATASET,
          ArtifactKind.WEIGHTS,
          ArtifactKind.EXTRACTOR,
          ArtifactKind.STATISTICS);
  private static final Pattern INPUT_NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,127}");
  private static final int ID_DIGITS = 8;

  /** The id of the experiment that a command submits. */
  static String experimentId(String name, UUID commandId) {
    return name + "-" + commandId.toString().substring(0, ID_DIGITS).toLowerCase(Locale.ROOT);
  }

  void handle(Draft draft, Command command) {
    if (draft.state().outcome(command.commandId()).isPresent()) {
      return;
    }
    if (command instanceof Command.SubmitExperiment submit) {
      submit(draft, submit);
    } else if (command instanceof Command.CancelExperiment cancel) {
      cancel(draft, cancel);
    } else if (command instanceof Command.RegisterInput register) {
      register(draft, register);
    }
  }

  private static void submit(Draft draft, Command.SubmitExperiment command) {
    String id = experimentId(command.experiment().metadata().name(), command.commandId());
    if (draft.experiment(id).isPresent()) {
      reject(draft, command, id, "there is an experiment " + id + " already", List.of());
      return;
    }
    InputNames.Resolved names = InputNames.resolve(command.experiment().spec(), draft.state());
    if (!names.problems().isEmpty()) {
      reject(draft, command, id, "it names inputs that are not there", names.problems());
      return;
    }
    int trials;
    try {
      GridTrials source = GridTrials.of(command.experiment(), id, names.inputs());
      trials = source.trials();
      source.plan(0);
      source.basePlan();
    } catch (SpecException e) {
      reject(draft, command, id, "its specification is wrong", problems(e));
      return;
    } catch (IllegalArgumentException e) {
      reject(
          draft,
          command,
          id,
          "its specification is wrong",
          List.of(Problem.of("spec", e.getMessage())));
      return;
    }
    draft.put(
        StateRecord.of(
            ExperimentRecord.submitted(
                id,
                draft.state().lastSequence() + 1,
                command,
                draft.recordTime(),
                names.inputs(),
                trials)));
    accept(draft, command, id, trials);
    draft.more();
  }

  static List<Problem> problems(SpecException e) {
    return e.problems().stream()
        .map(
            problem ->
                new Problem(
                    problem.path(),
                    problem.message(),
                    problem.expected().isEmpty()
                        ? Optional.empty()
                        : Optional.of(String.join(", ", problem.expected())),
                    problem.nearest()))
        .toList();
  }

  private static void cancel(Draft draft, Command.CancelExperiment command) {
    String id = command.experimentId();
    Optional<ExperimentRecord> known = draft.experiment(id);
    if (known.isEmpty()) {
      Optional<String> nearest = Nearest.to(id, draft.state().experimentIdsOldestFirst());
      reject(
          draft,
          command,
          id,
          "there is no experiment " + id,
          List.of(
              new Problem(
                  "experimentId", "there is no experiment " + id, Optional.empty(), nearest)));
      return;
    }
    ExperimentState where = draft.state().progress(id).orElseThrow().state();
    if (where == ExperimentState.CANCELLED) {
      accept(draft, command, id, 0);
    } else if (where.isTerminal()) {
      reject(draft, command, id, "experiment " + id + " is " + where + " already", List.of());
    } else {
      draft.put(StateRecord.of(known.get().cancelled(draft.recordTime())));
      accept(draft, command, id, 0);
      draft.more();
    }
  }

  private static void register(Draft draft, Command.RegisterInput command) {
    if (!INPUT_NAME.matcher(command.name()).matches()) {
      Problem problem =
          new Problem(
              "name",
              "'" + command.name() + "' cannot name an input",
              Optional.of(INPUT_NAME.pattern()),
              Optional.empty());
      reject(draft, command, command.name(), "its name is wrong", List.of(problem));
      return;
    }
    if (!IMPORTED.contains(command.artifact().kind())) {
      Problem problem =
          new Problem(
              "artifact.kind",
              command.artifact().kind() + " is made by tasks, not imported",
              Optional.of("one of " + IMPORTED),
              Optional.empty());
      reject(draft, command, command.name(), "its kind is wrong", List.of(problem));
      return;
    }
    draft.put(
        StateRecord.of(
            new InputRecord(
                command.name(), command.artifact(), command.origin(), draft.recordTime())));
    accept(draft, command, command.name(), 0);
  }

  private static void accept(Draft draft, Command command, String subject, int trials) {
    draft.put(
        StateRecord.of(
            OutcomeRecord.accepted(command.commandId(), subject, trials, draft.recordTime())));
  }

  private static void reject(
      Draft draft, Command command, String subject, String reason, List<Problem> problems) {
    draft.put(
        StateRecord.of(
            OutcomeRecord.rejected(
                command.commandId(), subject, reason, problems, draft.recordTime())));
  }
}
