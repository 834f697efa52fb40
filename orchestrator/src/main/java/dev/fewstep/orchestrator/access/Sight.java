package dev.fewstep.orchestrator.access;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.schemas.state.ArchivedRecord;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.ScheduleRecord;
import dev.fewstep.schemas.state.TaskRecord;
import java.util.Optional;
import java.util.UUID;

/** What a caller sees of a state. What is not there is seen by those who see everything. */
public final class Sight {
  private final Caller caller;
  private final OrchestratorState state;

  /** Of that caller, in that state. */
  public Sight(Caller caller, OrchestratorState state) {
    this.caller = requireNonNull(caller, "caller");
    this.state = requireNonNull(state, "state");
  }

  /** An experiment, also an archived one. */
  public boolean experiment(String id) {
    return caller.seesAll() || project(state, id).map(caller::sees).orElse(false);
  }

  /** The project of an experiment, also of an archived one; empty when it is not known. */
  public static Optional<String> project(OrchestratorState state, String experimentId) {
    return state
        .experiment(experimentId)
        .map(ExperimentRecord::spec)
        .map(spec -> spec.metadata().project())
        .or(() -> state.archive().experiment(experimentId).map(ArchivedRecord::project));
  }

  /** A task that one of the caller's experiments wants. */
  public boolean task(String key) {
    return caller.seesAll() || state.task(key).map(this::wanted).orElse(false);
  }

  private boolean wanted(TaskRecord task) {
    return task.wants().stream().anyMatch(want -> experiment(want.experimentId()));
  }

  /** A schedule; also one that is not there. */
  public boolean schedule(String name) {
    return state
        .schedules()
        .schedule(name)
        .map(ScheduleRecord::spec)
        .map(spec -> caller.sees(spec.project()))
        .orElse(true);
  }

  /** The judged runs of a schedule; of one that is gone the project is not known any more. */
  public boolean benchmark(String name) {
    return caller.seesAll() || (state.schedules().schedule(name).isPresent() && schedule(name));
  }

  /**
   * A command's outcome. Its id is known to who sent it; what it made is told to who sees that, and
   * what made nothing, or nothing of a project's, to who knows the id.
   */
  public boolean command(UUID id) {
    return caller.seesAll()
        || state
            .outcome(id)
            .map(outcome -> outcome.subject())
            .map(
                subject ->
                    project(state, subject).map(caller::sees).orElse(true)
                        && (state.schedules().schedule(subject).isEmpty() || schedule(subject))
                        && state.tokens().token(subject).isEmpty())
            .orElse(true);
  }

  /**
   * An artifact: an input, or what a task that the caller sees made. Takes time in proportion to
   * the tasks for callers who do not see everything.
   */
  public boolean artifact(String sha256) {
    return caller.seesAll()
        || state.inputs().stream().anyMatch(input -> input.artifact().sha256().equals(sha256))
        || state.archive().experiments().stream()
            .anyMatch(
                archived ->
                    archived.archive().sha256().equals(sha256) && caller.sees(archived.project()))
        || state.tasks().stream().anyMatch(task -> made(task, sha256) && wanted(task));
  }

  private static boolean made(TaskRecord task, String sha256) {
    return task.result().stream()
            .flatMap(result -> result.artifacts().stream())
            .anyMatch(artifact -> artifact.sha256().equals(sha256))
        || task.checkpoint().stream().anyMatch(one -> one.artifact().sha256().equals(sha256));
  }
}
