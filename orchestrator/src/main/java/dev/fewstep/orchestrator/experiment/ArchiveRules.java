package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Lineage;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.ArchivedRecord;
import dev.fewstep.schemas.state.CachedRecord;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.RungRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskOrigin;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TaskResult;
import dev.fewstep.schemas.state.Want;
import java.util.List;
import java.util.Optional;

/**
 * Takes ended experiments out of the state, of which a file in the store keeps all: first the
 * record that says so, then their tasks in chunks, then the plan and the experiment itself. Tasks
 * that others want stay, and can still be derived from one of those.
 */
final class ArchiveRules {
  private final Settings settings;
  private final Origins origins;

  ArchiveRules(Settings settings, Plans plans) {
    this.settings = settings;
    this.origins = new Origins(plans);
  }

  /** Rejects a command about an archived experiment; tells whether it did. */
  static boolean refuses(Draft draft, Command command) {
    Optional<String> archived =
        about(command).filter(id -> draft.state().archive().experiment(id).isPresent());
    archived.ifPresent(
        id -> Outcomes.reject(draft, command, id, "experiment " + id + " is archived"));
    return archived.isPresent();
  }

  private static Optional<String> about(Command command) {
    if (command instanceof Command.CancelExperiment cancel) {
      return Optional.of(cancel.experimentId());
    } else if (command instanceof Command.PauseExperiment pause) {
      return Optional.of(pause.experimentId());
    } else if (command instanceof Command.ResumeExperiment resume) {
      return Optional.of(resume.experimentId());
    } else if (command instanceof Command.RetryFailed retry) {
      return Optional.of(retry.experimentId());
    } else if (command instanceof Command.ChangePolicy change) {
      return Optional.of(change.experimentId());
    } else if (command instanceof Command.SubmitExperiment submit) {
      return submit
          .lineage()
          .filter(lineage -> lineage.kind() == Lineage.Kind.EXTENDS)
          .map(Lineage::experimentId);
    }
    return Optional.empty();
  }

  /** Accepts what is ended and is what the file holds; a repetition changes nothing. */
  static void archive(Draft draft, Command.ArchiveExperiment command) {
    String id = command.experimentId();
    if (draft.state().archive().experiment(id).isPresent()) {
      Outcomes.accept(draft, command, id);
      return;
    }
    Outcomes.about(draft, command, id, experiment -> archive(draft, command, experiment));
  }

  private static void archive(
      Draft draft, Command.ArchiveExperiment command, ExperimentRecord experiment) {
    String id = experiment.id();
    ExperimentProgress progress = draft.state().progress(id).orElseThrow();
    Optional<ExperimentRecord> extension =
        draft.state().experiments(Optional.empty(), Integer.MAX_VALUE).stream()
            .filter(ExperimentRecord::planning)
            .filter(other -> extendsIt(other, id))
            .findFirst();
    if (draft.state().endedAt(id).isEmpty() || experiment.retryAt().isPresent()) {
      String where = "experiment " + id + " has not ended: it is " + progress.state();
      Outcomes.reject(draft, command, id, where);
    } else if (extension.isPresent()) {
      String who = "experiment " + extension.get().id() + ", which extends it, is being planned";
      Outcomes.reject(draft, command, id, who);
    } else if (!ArchiveContent.fingerprint(draft.state(), id).equals(command.fingerprint())) {
      String changed = "experiment " + id + " has changed since its archive was written";
      Outcomes.reject(draft, command, id, changed);
    } else {
      draft.put(StateRecord.of(archived(draft, command, experiment, progress)));
      Outcomes.accept(draft, command, id);
      draft.more();
    }
  }

  private static boolean extendsIt(ExperimentRecord other, String id) {
    return other
        .lineage()
        .filter(lineage -> lineage.kind() == Lineage.Kind.EXTENDS)
        .filter(lineage -> lineage.experimentId().equals(id))
        .isPresent();
  }

  private static ArchivedRecord archived(
      Draft draft,
      Command.ArchiveExperiment command,
      ExperimentRecord experiment,
      ExperimentProgress progress) {
    return new ArchivedRecord(
        experiment.id(),
        experiment.sequence(),
        experiment.spec().metadata().name(),
        experiment.spec().metadata().project(),
        experiment.spec().metadata().labels(),
        experiment.submittedBy(),
        experiment.submittedAt(),
        draft.state().endedAt(experiment.id()).orElseThrow(),
        draft.recordTime(),
        TaskState.valueOf(progress.state().name()),
        experiment.trials(),
        progress.tasks(),
        command.archive(),
        command.keepResults(),
        Optional.empty());
  }

  /** Goes on with what is being archived. */
  void advance(Draft draft) {
    int left = settings.moveChunk();
    for (String id : draft.state().archiving()) {
      ArchivedRecord archived = draft.state().archive().experiment(id).orElseThrow();
      for (TaskRecord task : draft.state().tasks(id, Optional.empty(), left)) {
        draft.task(task.key()).ifPresent(present -> leave(draft, archived, present));
        left--;
      }
      draft.more();
      if (left <= 0) {
        return;
      }
      for (RungRecord rung : draft.state().experimentFold(id).orElseThrow().rungs().records()) {
        draft.put(StateRecord.noRung(id, rung.trial()));
      }
      for (int first : draft.state().experimentFold(id).orElseThrow().plan().keySet()) {
        draft.put(StateRecord.noPlan(id, first));
      }
      draft.put(StateRecord.noExperiment(id));
    }
  }

  private void leave(Draft draft, ArchivedRecord archived, TaskRecord task) {
    String id = archived.experimentId();
    List<Want> others =
        task.wants().stream().filter(want -> !want.experimentId().equals(id)).toList();
    if (others.isEmpty()) {
      if (archived.keepResults() && task.state() == TaskState.SUCCEEDED) {
        draft.put(StateRecord.of(cached(archived, task)));
      }
      draft.release(task);
      draft.put(StateRecord.noTask(task.key()));
      draft.forget(task.key());
      return;
    }
    TaskRecord.Builder changed = task.edit().wants(others);
    if (task.origin().experimentId().equals(id)) {
      TaskOrigin origin =
          origins
              .find(draft, task, others)
              .orElseGet(() -> new TaskOrigin(others.get(0).experimentId(), TaskOrigin.WHOLE));
      changed.origin(origin);
    }
    draft.put(StateRecord.of(changed.build()));
  }

  /** Those of a manifest that outlive the task. */
  static List<Artifact> kept(List<Artifact> manifest) {
    return manifest.stream()
        .filter(file -> file.kind() != ArtifactKind.CHECKPOINT)
        .filter(file -> file.kind() != ArtifactKind.LOG)
        .toList();
  }

  private static CachedRecord cached(ArchivedRecord archived, TaskRecord task) {
    TaskResult result = task.result().orElseThrow();
    return new CachedRecord(
        task.key(),
        task.kind(),
        archived.experimentId(),
        task.finishedAt().orElse(archived.endedAt()),
        new TaskResult(
            result.attempt(),
            result.executionId(),
            kept(result.artifacts()),
            result.scores(),
            result.provenance(),
            result.seconds()));
  }

  /** A task whose result outlived it, for an experiment that wants it again. */
  static TaskRecord revived(TaskRecord created, CachedRecord cached) {
    return created
        .edit()
        .state(TaskState.SUCCEEDED)
        .result(cached.result())
        .finishedAt(cached.finishedAt())
        .build();
  }
}
