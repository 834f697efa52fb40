package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.InputRecord;
import dev.fewstep.schemas.state.Problem;
import dev.fewstep.schemas.state.StateRecord;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What people ask: hands each command to the rules that decide it. Each has exactly one outcome,
 * however often it comes.
 */
final class CommandRules {
  private static final Set<ArtifactKind> IMPORTED =
      EnumSet.of(
          ArtifactKind.DATASET,
          ArtifactKind.WEIGHTS,
          ArtifactKind.EXTRACTOR,
          ArtifactKind.STATISTICS);
  private static final Pattern INPUT_NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,127}");

  void handle(Draft draft, Command command) {
    if (draft.state().outcome(command.commandId()).isPresent()
        || ArchiveRules.refuses(draft, command)) {
      return;
    }
    if (command instanceof Command.SubmitExperiment submit) {
      SubmissionRules.submit(draft, submit);
    } else if (command instanceof Command.CancelExperiment cancel) {
      SteeringRules.cancel(draft, cancel);
    } else if (command instanceof Command.PauseExperiment pause) {
      SteeringRules.pause(draft, pause);
    } else if (command instanceof Command.ResumeExperiment resume) {
      SteeringRules.resume(draft, resume);
    } else if (command instanceof Command.RetryFailed retry) {
      SteeringRules.retry(draft, retry);
    } else if (command instanceof Command.ChangePolicy change) {
      SteeringRules.change(draft, change);
    } else if (command instanceof Command.ArchiveExperiment archive) {
      ArchiveRules.archive(draft, archive);
    } else if (command instanceof Command.ImportResults results) {
      ImportRules.take(draft, results);
    } else if (command instanceof Command.ImportExperiment imported) {
      ImportRules.take(draft, imported);
    } else if (command instanceof Command.SetProject set) {
      FleetRules.set(draft, set);
    } else if (command instanceof Command.DrainWorker drain) {
      FleetRules.drain(draft, drain);
    } else if (command instanceof Command.CreateSchedule create) {
      ScheduleRules.create(draft, create);
    } else if (command instanceof Command.PauseSchedule pause) {
      ScheduleRules.pause(draft, pause);
    } else if (command instanceof Command.ResumeSchedule resume) {
      ScheduleRules.resume(draft, resume);
    } else if (command instanceof Command.DeleteSchedule delete) {
      ScheduleRules.delete(draft, delete);
    } else if (command instanceof Command.RunScheduleNow run) {
      ScheduleRules.run(draft, run);
    } else if (command instanceof Command.AcceptBenchmark accept) {
      BenchmarkRules.accept(draft, accept);
    } else if (command instanceof Command.NoteDelivery note) {
      DeliveryRules.note(draft, note);
    } else if (command instanceof Command.CreateToken create) {
      TokenRules.create(draft, create);
    } else if (command instanceof Command.RevokeToken revoke) {
      TokenRules.revoke(draft, revoke);
    } else if (command instanceof Command.RegisterInput register) {
      register(draft, register);
    } else {
      Outcomes.reject(
          draft,
          command,
          command.getClass().getSimpleName(),
          "this version of the orchestrator does not decide " + command.getClass().getSimpleName());
    }
  }

  /** Whether specifications may name that artifact so. */
  static boolean registrable(String name, Artifact artifact) {
    return INPUT_NAME.matcher(name).matches() && IMPORTED.contains(artifact.kind());
  }

  private static void register(Draft draft, Command.RegisterInput command) {
    if (!INPUT_NAME.matcher(command.name()).matches()) {
      Problem problem =
          new Problem(
              "name",
              "'" + command.name() + "' cannot name an input",
              Optional.of(INPUT_NAME.pattern()),
              Optional.empty());
      Outcomes.reject(draft, command, command.name(), "its name is wrong", List.of(problem));
      return;
    }
    if (!IMPORTED.contains(command.artifact().kind())) {
      Problem problem =
          new Problem(
              "artifact.kind",
              command.artifact().kind() + " is made by tasks, not imported",
              Optional.of("one of " + IMPORTED),
              Optional.empty());
      Outcomes.reject(draft, command, command.name(), "its kind is wrong", List.of(problem));
      return;
    }
    draft.put(
        StateRecord.of(
            new InputRecord(
                command.name(), command.artifact(), command.origin(), draft.recordTime())));
    Outcomes.accept(draft, command, command.name());
  }
}
