package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.state.Problem;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What submitting an experiment would do.
 *
 * @param trials number of trials
 * @param byKind distinct tasks by kind; every kind is there
 * @param problems why it would be rejected; empty when it would be accepted
 * @param change how it differs from the experiment that it replaces
 * @param extension where the finetunes begin of an experiment that extends another
 * @param budget iterations of an experiment that halves its trials
 * @param time how long devices would work, as far as earlier tasks tell
 */
public record PlanPreview(
    int trials,
    Map<TaskKind, Counts> byKind,
    List<Problem> problems,
    Optional<Change> change,
    Optional<Extension> extension,
    Optional<Budget> budget,
    Optional<DeviceTime> time) {
  public PlanPreview {
    byKind = Collections.unmodifiableMap(new EnumMap<>(byKind));
    problems = List.copyOf(problems);
  }

  /** The sum over all kinds. */
  public Counts tasks() {
    return byKind.values().stream().reduce(Counts.NONE, Counts::plus);
  }

  /**
   * An experiment and the one that it replaces, as sets.
   *
   * @param trials trials, which are the same when their tasks are
   * @param tasks distinct tasks by kind; every kind is there
   * @param stopped running tasks that would be stopped now, because nobody else wants them
   */
  public record Change(SetCounts trials, Map<TaskKind, SetCounts> tasks, int stopped) {
    public Change {
      tasks = Collections.unmodifiableMap(new EnumMap<>(tasks));
    }

    /** The sum over all kinds of tasks. */
    public SetCounts allTasks() {
      return tasks.values().stream().reduce(SetCounts.NONE, SetCounts::plus);
    }
  }

  /**
   * Two sets.
   *
   * @param kept both have
   * @param added only the new one has
   * @param withdrawn only the old one has
   */
  public record SetCounts(int kept, int added, int withdrawn) {
    /** Two empty sets. */
    public static final SetCounts NONE = new SetCounts(0, 0, 0);

    SetCounts plus(SetCounts other) {
      return new SetCounts(kept + other.kept, added + other.added, withdrawn + other.withdrawn);
    }
  }

  /**
   * Where the finetunes begin that are to be run.
   *
   * @param resumed at the last checkpoint of the extended experiment's task
   * @param fromStart at the first step, because there is no checkpoint or because their learning
   *     rate depends on the number of iterations
   */
  public record Extension(int resumed, int fromStart) {}

  /**
   * Iterations of all finetunes together, whatever earlier results serve.
   *
   * @param expected when each rung promotes the best part of its trials and no others
   * @param atWorst when each rung promotes as many as it ever can
   * @param full when every trial is trained to the end
   */
  public record Budget(long expected, long atWorst, long full) {
    /**
     * The budget of an experiment.
     *
     * @param trials its trials
     * @param rungs iterations at the end of each rung
     * @param reduction one of so many is promoted
     */
    static Budget of(int trials, List<Integer> rungs, int reduction) {
      long expected = 0;
      long most = 0;
      int usual = trials;
      int worst = trials;
      int before = 0;
      for (int rung : rungs) {
        expected += (long) usual * (rung - before);
        most += (long) worst * (rung - before);
        usual = Math.max(1, usual / reduction);
        worst = atWorst(worst, reduction);
        before = rung;
      }
      return new Budget(expected, most, (long) trials * before);
    }

    /** Trials that a rung promotes at most: see {@link Rungs}. */
    static int atWorst(int trials, int reduction) {
      return Math.min(trials, trials / reduction + Math.max(1, trials / reduction));
    }
  }

  /**
   * How long devices would work for the tasks that are new.
   *
   * @param estimate seconds, by the median of what earlier tasks took
   * @param low seconds, by what the fastest tenth took
   * @param high seconds, by what the slowest tenth took
   * @param tasks how many earlier tasks tell
   */
  public record DeviceTime(double estimate, double low, double high, int tasks) {}

  /**
   * Distinct tasks.
   *
   * @param fresh nobody has run, or that are to be run again
   * @param cached an earlier result will serve if its artifacts are still there
   * @param joined another experiment has in flight
   */
  public record Counts(int fresh, int cached, int joined) {
    /** No tasks. */
    public static final Counts NONE = new Counts(0, 0, 0);

    Counts plus(Counts other) {
      return new Counts(fresh + other.fresh, cached + other.cached, joined + other.joined);
    }
  }
}
