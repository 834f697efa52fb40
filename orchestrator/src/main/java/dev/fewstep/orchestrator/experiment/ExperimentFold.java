package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.spec.SearchMethod;
import dev.fewstep.schemas.spec.SearchSpec;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.PlanChunk;
import dev.fewstep.schemas.state.RungRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TrialKeys;
import dev.fewstep.schemas.state.Want;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;

/** What the state knows of one experiment, its counts kept as tasks move. */
final class ExperimentFold {
  private Optional<ExperimentRecord> entry = Optional.empty();
  private final TreeMap<Integer, List<TrialKeys>> plan = new TreeMap<>();
  private final Map<TaskState, Integer> counts = new EnumMap<>(TaskState.class);
  private final TreeSet<TaskAge> tasks = new TreeSet<>();
  private final TreeSet<TaskAge> open = new TreeSet<>();
  private final TreeSet<TaskAge> failed = new TreeSet<>();
  private final Rungs rungs = new Rungs();
  private List<Integer> iterations = List.of();
  private int inFlight;
  private volatile Optional<Instant> ended = Optional.empty();

  /** What it was made from, but for its tasks. */
  Stream<StateRecord> records(String id) {
    return Stream.of(
            entry.stream().map(StateRecord::of),
            plan.entrySet().stream()
                .map(run -> StateRecord.of(new PlanChunk(id, run.getKey(), run.getValue()))),
            rungs.records().stream().map(StateRecord::of))
        .flatMap(Function.identity());
  }

  void replay(Optional<ExperimentRecord> value) {
    entry = value;
    ended = Optional.empty();
  }

  /** A run of trials from an index on, or none any more. */
  void replay(int first, Optional<List<TrialKeys>> keys) {
    keys.ifPresentOrElse(present -> plan.put(first, present), () -> plan.remove(first));
  }

  /** How far a trial has come, or nothing of it any more. */
  void replay(int trial, RungChange change) {
    ended = Optional.empty();
    rungs.replay(trial, change.entry(), change.tasks());
  }

  /**
   * A trial's rungs as they are now.
   *
   * @param tasks where tasks are looked up
   */
  record RungChange(Optional<RungRecord> entry, Function<String, Optional<TaskRecord>> tasks) {}

  /** Its halving, when it halves its trials. */
  Optional<Halving> halving() {
    SearchSpec search =
        entry.map(known -> known.spec().spec().searched()).orElseGet(SearchSpec::grid);
    if (search.method() != SearchMethod.HALVING) {
      return Optional.empty();
    }
    if (iterations.isEmpty()) {
      iterations = GridTrials.rungs(entry.orElseThrow().spec());
    }
    boolean planned = entry.map(known -> known.planned() >= known.trials()).orElse(false);
    return iterations.size() > 1
        ? Optional.of(new Halving(rungs, iterations, search.reduction(), planned))
        : Optional.empty();
  }

  /** How far its trials have come, whether or not it is known how they are halved. */
  Rungs rungs() {
    return rungs;
  }

  /** Whether nothing is known of it. */
  boolean isEmpty() {
    return entry.isEmpty() && plan.isEmpty() && tasks.isEmpty() && rungs.isEmpty();
  }

  /** Its runs of trials by the index of their first. */
  NavigableMap<Integer, List<TrialKeys>> plan() {
    return Collections.unmodifiableNavigableMap(plan);
  }

  void remove(Want want, TaskRecord task) {
    ended = Optional.empty();
    count(want, task, -1);
    TaskAge age = TaskAge.of(task);
    tasks.remove(age);
    open.remove(age);
    failed.remove(age);
  }

  void add(Want want, TaskRecord task) {
    ended = Optional.empty();
    count(want, task, 1);
    TaskAge age = TaskAge.of(task);
    tasks.add(age);
    rungs.see(task);
    if (!want.view(task.state()).isTerminal()) {
      open.add(age);
    }
    if (want.view(task.state()) == TaskState.FAILED) {
      failed.add(age);
    }
  }

  /** A task has changed that stays to this experiment what it was. */
  void changed(TaskRecord task) {
    ended = Optional.empty();
    rungs.see(task);
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
    return Optional.ofNullable(plan.floorEntry(trial))
        .filter(run -> trial - run.getKey() < run.getValue().size())
        .map(run -> run.getValue().get(trial - run.getKey()));
  }

  /** When the last of its tasks ended, or it was cancelled; empty while it is open. */
  Optional<Instant> endedAt(Map<String, TaskRecord> all) {
    if (entry.isEmpty() || !state(entry.get()).isTerminal() || !open.isEmpty()) {
      return Optional.empty();
    }
    if (ended.isEmpty()) {
      Instant last = entry.get().cancelledAt().orElse(entry.get().submittedAt());
      for (TaskAge age : tasks) {
        Optional<Instant> end = all.get(age.key()).finishedAt();
        last = end.isPresent() && end.get().isAfter(last) ? end.get() : last;
      }
      ended = Optional.of(last);
    }
    return ended;
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
    if (present.planning() || !open.isEmpty() || halving().map(Halving::unsettled).orElse(false)) {
      if (present.paused()) {
        return ExperimentState.PAUSED;
      }
      return present.planning() ? ExperimentState.PLANNING : ExperimentState.RUNNING;
    }
    return count(TaskState.FAILED) > 0 ? ExperimentState.FAILED : ExperimentState.SUCCEEDED;
  }
}
