package dev.fewstep.orchestrator.experiment;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.spec.ExperimentSpecs;
import dev.fewstep.schemas.spec.SpecException;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.PlanChunk;
import dev.fewstep.schemas.state.RungRecord;
import dev.fewstep.schemas.state.StateEntity;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.StateValue;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TaskResult;
import dev.fewstep.schemas.state.TrialKeys;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * An ended experiment as the records of another installation tell it. They are strangers': what
 * does not hold together is refused, and a result is offered to others only under a key that
 * follows from the specification.
 *
 * @param content its records, checked
 * @param experiment its own record
 * @param state how it ended
 * @param tasks number of its tasks by how they ended for it
 * @param keys kinds of the tasks that follow from its specification, by key
 */
public record ImportedExperiment(
    ArchiveContent content,
    ExperimentRecord experiment,
    TaskState state,
    Map<TaskState, Integer> tasks,
    Map<String, TaskKind> keys) {
  public ImportedExperiment {
    requireNonNull(content, "content");
    requireNonNull(experiment, "experiment");
    requireNonNull(state, "state");
    tasks = Map.copyOf(tasks);
    keys = Map.copyOf(keys);
  }

  /**
   * Takes records one after the other; for one thread. What a record refers to may come after it.
   */
  public static final class Reader {
    private final String id;
    private final OrchestratorState state = new OrchestratorState();
    private final Set<String> seen = new HashSet<>();

    /** Reads the experiment of that id. */
    public Reader(String experimentId) {
      this.id = requireNonNull(experimentId, "experimentId");
    }

    /**
     * Takes a record.
     *
     * @throws IllegalArgumentException when it is none of this experiment
     */
    public void take(StateRecord entry) {
      StateValue value =
          entry
              .value()
              .orElseThrow(() -> new IllegalArgumentException("it removes " + entry.key()));
      String owner =
          switch (StateEntity.ofKey(entry.key())) {
            case EXPERIMENT -> ((ExperimentRecord) value).id();
            case PLAN -> ((PlanChunk) value).experimentId();
            case RUNG -> ((RungRecord) value).experimentId();
            case TASK -> onlyWant((TaskRecord) value);
            default -> throw new IllegalArgumentException(entry.key() + " has no place in it");
          };
      require(owner.equals(id), "%s is of the experiment %s, not of %s", entry.key(), owner, id);
      require(key(value).equals(entry.key()), "%s holds something else", entry.key());
      require(seen.add(entry.key()), "%s comes twice", entry.key());
      state.replay(entry);
    }

    private static String key(StateValue value) {
      if (value instanceof ExperimentRecord experiment) {
        return StateRecord.of(experiment).key();
      } else if (value instanceof PlanChunk chunk) {
        return StateRecord.of(chunk).key();
      } else if (value instanceof RungRecord rung) {
        return StateRecord.of(rung).key();
      }
      return StateRecord.of((TaskRecord) value).key();
    }

    private static String onlyWant(TaskRecord task) {
      require(
          task.wants().size() == 1,
          "the task %s is of %s experiments, not of one",
          task.key(),
          task.wants().size());
      return task.wants().get(0).experimentId();
    }

    /**
     * The experiment.
     *
     * @throws IllegalArgumentException when the records do not hold together
     */
    public ImportedExperiment read() {
      ExperimentRecord experiment =
          state
              .experiment(id)
              .orElseThrow(() -> new IllegalArgumentException("it has no record of " + id));
      ArchiveContent content =
          ArchiveContent.of(state, id)
              .orElseThrow(() -> new IllegalArgumentException("it tells of no end of " + id));
      ExperimentProgress progress = state.progress(id).orElseThrow();
      GridTrials source = source(experiment);
      complete(experiment, source.rungs().size() > 1);
      return new ImportedExperiment(
          content,
          experiment,
          TaskState.valueOf(progress.state().name()),
          progress.tasks(),
          keys(source, experiment.planned()));
    }

    /** Every trial that is planned has its tasks; a trial that is halved has those of its rungs. */
    private void complete(ExperimentRecord experiment, boolean halved) {
      for (int trial = 0; trial < experiment.planned(); trial++) {
        int index = trial;
        TrialKeys keys =
            state
                .trialKeys(id, trial)
                .orElseThrow(() -> new IllegalArgumentException("trial " + index + " is missing"));
        if (!halved) {
          List.of(keys.finetune(), keys.evaluate(), keys.baseline()).forEach(this::present);
        }
      }
      experiment.base().forEach(base -> present(base.taskKey()));
    }

    private void present(String key) {
      require(state.task(key).isPresent(), "the task %s is missing", key);
    }

    private static GridTrials source(ExperimentRecord experiment) {
      String due =
          SubmissionRules.experimentId(experiment.spec().metadata().name(), experiment.commandId());
      require(due.equals(experiment.id()), "its id is %s, not %s", experiment.id(), due);
      try {
        var unused = ExperimentSpecs.parse("spec.json", Json.toText(experiment.spec()));
        GridTrials source =
            GridTrials.of(experiment.spec(), experiment.saltId(), experiment.inputs());
        require(
            source.trials() == experiment.trials(),
            "its specification makes %s trials, not %s",
            source.trials(),
            experiment.trials());
        return source;
      } catch (SpecException e) {
        throw new IllegalArgumentException("its specification is wrong: " + e.getMessage(), e);
      }
    }

    private static Map<String, TaskKind> keys(GridTrials source, int planned) {
      Map<String, TaskKind> keys = new HashMap<>();
      source.basePlan().tasks().forEach(task -> keys.put(task.key(), task.kind()));
      for (int trial = 0; trial < planned; trial++) {
        source.everything(trial).forEach(task -> keys.put(task.key(), task.kind()));
      }
      return keys;
    }
  }

  /**
   * The results that may serve others.
   *
   * @param stored whether a file is in the store
   */
  public List<Command.ImportedResult> results(Predicate<Artifact> stored) {
    List<Command.ImportedResult> results = new ArrayList<>();
    for (TaskRecord task : content.tasks()) {
      Optional<TaskResult> result =
          task.result().filter(found -> task.state() == TaskState.SUCCEEDED);
      if (result.isEmpty() || keys.get(task.key()) != task.kind()) {
        continue;
      }
      List<Artifact> kept = ArchiveRules.kept(result.get().artifacts());
      if (kept.stream().allMatch(stored)) {
        results.add(
            new Command.ImportedResult(
                task.key(),
                task.kind(),
                task.finishedAt().orElse(content.endedAt()),
                result.get().attempt(),
                result.get().executionId(),
                kept,
                result.get().scores(),
                result.get().provenance(),
                result.get().seconds()));
      }
    }
    return results;
  }
}
