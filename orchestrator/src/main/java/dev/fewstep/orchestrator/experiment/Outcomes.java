package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.spec.Nearest;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.Problem;
import dev.fewstep.schemas.state.StateRecord;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Writes what became of a command: whoever decides one calls exactly one of these, once. */
final class Outcomes {
  private Outcomes() {}

  /** Carried out. */
  static void accept(Draft draft, Command command, String subject) {
    acceptTrials(draft, command, subject, 0);
  }

  /** Carried out; it concerned so many trials. */
  static void acceptTrials(Draft draft, Command command, String subject, int trials) {
    draft.put(
        StateRecord.of(
            OutcomeRecord.accepted(command.commandId(), subject, trials, draft.recordTime())));
  }

  /** Carried out; it concerned so many tasks. */
  static void acceptTasks(Draft draft, Command command, String subject, int tasks) {
    draft.put(
        StateRecord.of(
            OutcomeRecord.acceptedFor(command.commandId(), subject, tasks, draft.recordTime())));
  }

  /** Not carried out; {@code reason} is one sentence without its full stop. */
  static void reject(
      Draft draft, Command command, String subject, String reason, List<Problem> problems) {
    draft.put(
        StateRecord.of(
            OutcomeRecord.rejected(
                command.commandId(), subject, reason, problems, draft.recordTime())));
  }

  /** Not carried out, for one reason that needs no more words. */
  static void reject(Draft draft, Command command, String subject, String reason) {
    reject(draft, command, subject, reason, List.of());
  }

  /** Hands the experiment on, or rejects the command because there is none. */
  static void about(
      Draft draft, Command command, String experimentId, Consumer<ExperimentRecord> known) {
    draft
        .experiment(experimentId)
        .ifPresentOrElse(known, () -> rejectUnknown(draft, command, experimentId));
  }

  private static void rejectUnknown(Draft draft, Command command, String id) {
    String reason = "there is no experiment " + id;
    reject(
        draft,
        command,
        id,
        reason,
        List.of(
            new Problem(
                "experimentId",
                reason,
                Optional.empty(),
                Nearest.to(id, draft.state().experimentIdsOldestFirst()))));
  }
}
