package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.ArchivedRecord;
import dev.fewstep.schemas.state.CachedRecord;
import dev.fewstep.schemas.state.ImportOrigin;
import dev.fewstep.schemas.state.InputRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskResult;
import java.util.List;
import java.util.Optional;

/**
 * Takes in ended experiments of other installations. Nothing that is here already changes: a task
 * that is known keeps its result, a name that is given keeps its input, and an experiment that is
 * here is here once.
 */
final class ImportRules {
  private ImportRules() {}

  static void take(Draft draft, Command.ImportResults command) {
    results(draft, command.experimentId(), command.results());
    Outcomes.accept(draft, command, command.experimentId());
  }

  static void take(Draft draft, Command.ImportExperiment command) {
    String id = command.experimentId();
    Optional<ArchivedRecord> known = draft.state().archive().experiment(id);
    boolean open = draft.experiment(id).isPresent();
    if (open && !same(draft, command)) {
      Outcomes.reject(draft, command, id, "there is another experiment " + id + " here already");
      return;
    }
    if (!open
        && known.isPresent()
        && !known.get().archive().sha256().equals(command.archive().sha256())) {
      String other = "there is another experiment " + id + " in the archive already";
      Outcomes.reject(draft, command, id, other);
      return;
    }
    results(draft, id, command.results());
    command
        .inputs()
        .forEach(
            (name, artifact) -> {
              if (draft.state().input(name).isEmpty() && CommandRules.registrable(name, artifact)) {
                String origin = "experiment " + id + " of " + command.origin();
                draft.put(
                    StateRecord.of(new InputRecord(name, artifact, origin, draft.recordTime())));
              }
            });
    if (!open && known.isEmpty()) {
      draft.put(StateRecord.of(archived(draft, command)));
    }
    Outcomes.acceptTrials(draft, command, id, command.trials());
  }

  /** Whether the experiment of that id is the one that is imported: it came home. */
  private static boolean same(Draft draft, Command.ImportExperiment command) {
    return ArchiveContent.fingerprint(draft.state(), command.experimentId())
        .equals(command.fingerprint());
  }

  private static void results(Draft draft, String id, List<Command.ImportedResult> results) {
    for (Command.ImportedResult result : results) {
      if (draft.task(result.taskKey()).isEmpty() && draft.cached(result.taskKey()).isEmpty()) {
        draft.put(
            StateRecord.of(
                new CachedRecord(
                    result.taskKey(),
                    result.kind(),
                    id,
                    result.finishedAt(),
                    new TaskResult(
                        result.attempt(),
                        result.executionId(),
                        result.artifacts(),
                        result.scores(),
                        result.provenance(),
                        result.seconds()))));
      }
    }
  }

  private static ArchivedRecord archived(Draft draft, Command.ImportExperiment command) {
    return new ArchivedRecord(
        command.experimentId(),
        draft.state().lastSequence() + 1,
        command.name(),
        command.project(),
        command.labels(),
        command.submittedBy(),
        command.submittedAt(),
        command.endedAt(),
        draft.recordTime(),
        command.state(),
        command.trials(),
        command.tasks(),
        command.archive(),
        true,
        Optional.of(
            new ImportOrigin(
                command.origin(),
                command.version(),
                command.exportedAt(),
                command.importedBy(),
                command.sha256())));
  }
}
