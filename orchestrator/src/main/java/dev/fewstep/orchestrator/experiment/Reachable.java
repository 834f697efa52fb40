package dev.fewstep.orchestrator.experiment;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.state.ArchivedRecord;
import dev.fewstep.schemas.state.CachedRecord;
import dev.fewstep.schemas.state.ClaimRecord;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.InputRecord;
import dev.fewstep.schemas.state.TaskRecord;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The artifacts that a state refers to, each with the reason: what a backup must hold and what must
 * not be removed from the store. The only place that knows where artifacts are named.
 */
public final class Reachable {
  private Reachable() {}

  /** Why an artifact is needed. */
  public enum Reason {
    /** An input has this name now. */
    INPUT,
    /** An experiment was submitted with it, under a name that may mean something else now. */
    EXPERIMENT_INPUT,
    /** In the manifest of a task's accepted result. */
    RESULT,
    /** Where a task that has no result yet resumes, or another may begin. */
    CHECKPOINT,
    /** In the manifest of a reported success that waits for verification. */
    CLAIM,
    /** In the manifest of a result that outlived its task. */
    CACHED_RESULT,
    /** Keeps an archived experiment. */
    ARCHIVE
  }

  /**
   * A reference.
   *
   * @param artifact what is referred to
   * @param reason why
   * @param by name of the input, id of the experiment or key of the task that refers to it
   * @param task the task that refers to it, when one does
   */
  public record Reference(Artifact artifact, Reason reason, String by, Optional<TaskRecord> task) {
    public Reference {
      requireNonNull(artifact, "artifact");
      requireNonNull(reason, "reason");
      requireNonNull(by, "by");
      requireNonNull(task, "task");
    }
  }

  /** Hands every reference of a state to {@code found}; an artifact may come more than once. */
  public static void visit(OrchestratorState state, Consumer<Reference> found) {
    for (InputRecord input : state.inputs()) {
      found.accept(of(input.artifact(), Reason.INPUT, input.name()));
    }
    for (ExperimentRecord experiment : state.experiments(Optional.empty(), Integer.MAX_VALUE)) {
      for (Artifact file : experiment.inputs().values()) {
        found.accept(of(file, Reason.EXPERIMENT_INPUT, experiment.id()));
      }
    }
    for (TaskRecord task : state.tasks()) {
      task.result().ifPresent(result -> visit(result.artifacts(), Reason.RESULT, task, found));
      task.checkpoint()
          .ifPresent(last -> visit(List.of(last.artifact()), Reason.CHECKPOINT, task, found));
    }
    for (ClaimRecord claim : state.claims()) {
      for (Report.Succeeded report : claim.reports()) {
        report.artifacts().forEach(file -> found.accept(of(file, Reason.CLAIM, claim.taskKey())));
      }
    }
    for (CachedRecord cached : state.cached()) {
      cached
          .result()
          .artifacts()
          .forEach(file -> found.accept(of(file, Reason.CACHED_RESULT, cached.taskKey())));
    }
    for (ArchivedRecord archived : state.archive().experiments()) {
      found.accept(of(archived.archive(), Reason.ARCHIVE, archived.experimentId()));
    }
  }

  private static void visit(
      List<Artifact> files, Reason reason, TaskRecord task, Consumer<Reference> found) {
    files.forEach(file -> found.accept(new Reference(file, reason, task.key(), Optional.of(task))));
  }

  private static Reference of(Artifact file, Reason reason, String by) {
    return new Reference(file, reason, by, Optional.empty());
  }
}
