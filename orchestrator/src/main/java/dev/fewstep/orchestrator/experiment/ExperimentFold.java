package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TrialKeys;
import dev.fewstep.schemas.state.Want;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

/** What the state knows of one experiment, its counts kept as tasks move. */
final class ExperimentFold {
  private Optional<ExperimentRecord> entry = Optional.empty();
  private final List<Optional<TrialKeys>> trials = new ArrayList<>();
  private final Map<TaskState, Integer> counts = new EnumMap<>(TaskState.class);
  private final TreeSet<TaskAge> tasks = new TreeSet<>();
  private final TreeSet<TaskAge> open = new TreeSet<>();
  private final TreeSet<TaskAge> failed = new TreeSet<>();
  private int inFlight;

  void replay(ExperimentRecord value) {
    entry = Optional.of(value);
  }

  void replay(int first, List<TrialKeys> keys) {
    while (trials.size() < first + keys.size()) {
      trials.add(Optional.empty());
    }
    for (int i = 0; i < keys.size(); i++) {
      trials.set(first + i, Optional.of(keys.get(i)));
    }
  }

  void remove(Want want, TaskRecord task) {
    count(want, task, -1);
    TaskAge age = TaskAge.of(task);
    tasks.remove(age);
    open.remove(age);
    failed.remove(age);
  }

  void add(Want want, TaskRecord task) {
    count(want, task, 1);
    TaskAge age = TaskAge.of(task);
    tasks.add(age);
    if (!want.view(task.state()).isTerminal()) {
      open.add(age);
    }
    if (want.view(task.state()) == TaskState.FAILED) {
      failed.add(age);
    }
  }

  private void count(Want want, TaskRecord task, int by) {
    counts.merge(want.view(task.state()), by, Integer::sum);
    if (want.settled().isEmpty() && TaskIndex.inFlight(task)) {
      inFlight += by;
    }
  }

  private int count(TaskState state) {
    return counts.getOrDefault(state, 0);
  }

  Optional<ExperimentRecord> record() {
    return entry;
  }

  Optional<TrialKeys> keys(int trial) {
    return trial >= 0 && trial < trials.size() ? trials.get(trial) : Optional.empty();
  }

  /** All its tasks, oldest first, behind one of them if one is given. */
  NavigableSet<TaskAge> tasks(Optional<TaskAge> after) {
    return Collections.unmodifiableNavigableSet(
        after.map(age -> tasks.tailSet(age, false)).orElse(tasks));
  }

  /** Tasks that have not ended as this experiment sees them. */
  NavigableSet<TaskAge> open() {
    return Collections.unmodifiableNavigableSet(open);
  }

  /** Tasks that have failed as this experiment sees them. */
  NavigableSet<TaskAge> failed() {
    return Collections.unmodifiableNavigableSet(failed);
  }

  /** Tasks published or running that it wants. */
  int inFlight() {
    return inFlight;
  }

  Optional<ExperimentProgress> progress() {
    return entry.map(
        present -> {
          Map<TaskState, Integer> byState = new EnumMap<>(TaskState.class);
          for (TaskState state : TaskState.values()) {
            byState.put(state, count(state));
          }
          return new ExperimentProgress(
              state(present), present.trials(), present.planned(), byState);
        });
  }

  private ExperimentState state(ExperimentRecord present) {
    if (present.cancelledAt().isPresent()) {
      return ExperimentState.CANCELLED;
    }
    if (present.planFailure().isPresent()) {
      return ExperimentState.FAILED;
    }
    if (present.planning() || !open.isEmpty()) {
      if (present.paused()) {
        return ExperimentState.PAUSED;
      }
      return present.planning() ? ExperimentState.PLANNING : ExperimentState.RUNNING;
    }
    return count(TaskState.FAILED) > 0 ? ExperimentState.FAILED : ExperimentState.SUCCEEDED;
  }
}
