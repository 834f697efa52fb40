package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.RungRecord;
import dev.fewstep.schemas.state.TaskRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * How far the trials of an experiment have come that halves them. A function of the trials' records
 * and of their tasks, whatever their order.
 *
 * <p>Who is promoted follows asynchronous successive halving (Li et al., "A System for Massively
 * Parallel Hyperparameter Tuning", arXiv 1810.05934, Algorithm 2): of n trials that completed a
 * rung, one of the best ⌊n/η⌋ that was not promoted before. Two things differ. That algorithm
 * promotes a trial that is among the best for a moment, whatever comes later, so that a rung whose
 * trials complete from worst to best promotes nearly all of them; here no more than ⌊n/η⌋ are
 * promoted while trials may still complete the rung. And when none can any more, those of the best
 * ⌊n/η⌋, but at least one, that are not promoted yet are. So the winners of a rung always go on,
 * and a rung of n promotes at most twice as many.
 *
 * <p>Failed trials count as completed with the worst value and are never promoted. Equal values
 * stand in the order of the trials.
 */
final class Rungs {
  private static final String MEASURE = "validation_mmd";
  private static final String BEST = "validation_loss";

  private final TreeMap<Integer, RungRecord> records = new TreeMap<>();
  private final List<Level> levels = new ArrayList<>();
  private final Map<String, List<Integer>> waiting = new HashMap<>();
  private final TreeSet<Integer> attention = new TreeSet<>();
  private Optional<List<Integer>> due = Optional.empty();

  /** A trial's place in a rung that it completed. */
  private record Place(double value, int trial) {
    static final Comparator<Place> ORDER =
        Comparator.comparingDouble(Place::value).thenComparingInt(Place::trial);
  }

  /** A rung: trials that completed it, by their values. */
  private static final class Level {
    private final TreeSet<Place> staying = new TreeSet<>(Place.ORDER);
    private final TreeSet<Place> promoted = new TreeSet<>(Place.ORDER);
    private int open;
    private int failed;

    int completed() {
      return staying.size() + promoted.size() + failed;
    }

    /** Those of its best trials that stayed, best first. */
    List<Integer> missing(int count) {
      List<Integer> missing = new ArrayList<>();
      Iterator<Place> above = promoted.iterator();
      Optional<Place> next = above.hasNext() ? Optional.of(above.next()) : Optional.empty();
      int better = 0;
      for (Place place : staying) {
        while (next.isPresent() && Place.ORDER.compare(next.get(), place) < 0) {
          better++;
          next = above.hasNext() ? Optional.of(above.next()) : Optional.empty();
        }
        if (better + missing.size() >= count) {
          break;
        }
        missing.add(place.trial());
      }
      return missing;
    }
  }

  /**
   * Sums of a rung, for people.
   *
   * @param entered trials that entered it
   * @param completed trials that completed it, those that failed included
   * @param failed trials that failed in it
   * @param promoted trials that went on to the next
   * @param best the lowest value
   */
  record Sums(int entered, int completed, int failed, int promoted, Optional<Double> best) {}

  boolean isEmpty() {
    return records.isEmpty();
  }

  Optional<RungRecord> of(int trial) {
    return Optional.ofNullable(records.get(trial));
  }

  Collection<RungRecord> records() {
    return Collections.unmodifiableCollection(records.values());
  }

  /** The trials whose present rung a task is. */
  List<RungRecord> of(String taskKey) {
    return records.values().stream().filter(r -> r.finetune().equals(taskKey)).toList();
  }

  private Level level(int rung) {
    while (levels.size() <= rung) {
      levels.add(new Level());
    }
    return levels.get(rung);
  }

  /**
   * Folds a trial's record in.
   *
   * @param tasks what is known of a task as this experiment sees it
   */
  void replay(int trial, Optional<RungRecord> entry, Function<String, Optional<TaskRecord>> tasks) {
    due = Optional.empty();
    Optional.ofNullable(records.remove(trial)).ifPresent(old -> count(old, false));
    attention.remove(trial);
    entry.ifPresent(
        present -> {
          records.put(trial, present);
          count(present, true);
          if (waits(present)) {
            tasks.apply(present.finetune()).ifPresent(task -> see(task, present));
          }
        });
  }

  /** Whether a task may still move the trial: its present rung is open, or failed. */
  private static boolean waits(RungRecord entry) {
    return entry.value().isEmpty();
  }

  private void count(RungRecord entry, boolean add) {
    for (int rung = 0; rung < entry.values().size(); rung++) {
      Level level = level(rung);
      Place place = new Place(entry.values().get(rung), entry.trial());
      TreeSet<Place> places = rung < entry.rung() ? level.promoted : level.staying;
      if (place.value() >= RungRecord.WORST) {
        level.failed += add ? 1 : -1;
      } else if (add) {
        places.add(place);
      } else {
        places.remove(place);
      }
    }
    if (entry.open()) {
      level(entry.rung()).open += add ? 1 : -1;
    }
    if (waits(entry) && add) {
      waiting.computeIfAbsent(entry.finetune(), key -> new ArrayList<>(1)).add(entry.trial());
    } else if (waits(entry)) {
      List<Integer> left = waiting.get(entry.finetune());
      left.remove((Integer) entry.trial());
      if (left.isEmpty()) {
        waiting.remove(entry.finetune());
      }
    }
  }

  /** Looks at a task that has changed. */
  void see(TaskRecord task) {
    for (int trial : waiting.getOrDefault(task.key(), List.of())) {
      see(task, records.get(trial));
    }
  }

  private void see(TaskRecord task, RungRecord entry) {
    Optional<Double> value = value(task, entry.experimentId());
    boolean news =
        value.isPresent() && (entry.open() || value.get() < entry.values().get(entry.rung()));
    if (news) {
      attention.add(entry.trial());
    } else {
      attention.remove(entry.trial());
    }
  }

  /**
   * What a task says of its trial: the validation MMD after its last iteration, or where an older
   * worker did not report it the best of its validations; the worst value when it failed. Empty
   * while it has not ended as the experiment sees it.
   */
  static Optional<Double> value(TaskRecord task, String experimentId) {
    TaskState view =
        task.want(experimentId).map(want -> want.view(task.state())).orElse(TaskState.PENDING);
    if (view == TaskState.FAILED) {
      return Optional.of(RungRecord.WORST);
    }
    if (!view.hasResult()) {
      return Optional.empty();
    }
    Map<String, Double> scores = task.result().map(r -> r.scores()).orElse(Map.of());
    double value = scores.getOrDefault(MEASURE, scores.getOrDefault(BEST, Double.NaN));
    return Optional.of(
        Double.isFinite(value) ? Math.min(value, RungRecord.WORST) : RungRecord.WORST);
  }

  /** Trials whose task has ended, which their record does not say yet; lowest index first. */
  List<Integer> attention(int limit) {
    return attention.stream().limit(limit).toList();
  }

  /**
   * Whether the last trial has completed a rung that ever will.
   *
   * @param planned whether all trials have entered their first rung
   */
  boolean closed(int rung, boolean planned) {
    boolean open = !planned || !attention.isEmpty();
    for (int below = 0; below <= Math.min(rung, levels.size() - 1); below++) {
      open |= levels.get(below).open > 0;
    }
    return !open;
  }

  /**
   * Trials that enter the next rung now; empty while results wait to be noted.
   *
   * @param reduction η, at least 2
   * @param last index of the last rung
   * @param planned whether all trials have entered their first rung
   */
  List<Integer> due(int reduction, int last, boolean planned) {
    if (!attention.isEmpty()) {
      return List.of();
    }
    if (!planned) {
      return findDue(reduction, last, false);
    }
    if (due.isEmpty()) {
      due = Optional.of(findDue(reduction, last, true));
    }
    return due.get();
  }

  private List<Integer> findDue(int reduction, int last, boolean planned) {
    List<Integer> found = new ArrayList<>();
    for (int rung = 0; rung < Math.min(last, levels.size()); rung++) {
      Level level = levels.get(rung);
      int slots = level.completed() / reduction - level.promoted.size();
      level.staying.stream().limit(Math.max(0, slots)).forEach(place -> found.add(place.trial()));
    }
    for (int rung = 0; found.isEmpty() && rung < Math.min(last, levels.size()); rung++) {
      Level level = levels.get(rung);
      if (closed(rung, planned)) {
        found.addAll(level.missing(Math.max(1, level.completed() / reduction)));
      }
    }
    return List.copyOf(found);
  }

  /** Whether something is to be decided: a result to be noted, or a trial to be promoted. */
  boolean unsettled(int reduction, int last, boolean planned) {
    return !attention.isEmpty() || !due(reduction, last, planned).isEmpty();
  }

  /** Trials that completed a rung with a better value than one that stayed in it. */
  int better(RungRecord entry) {
    Place place = new Place(entry.values().get(entry.rung()), entry.trial());
    Level level = level(entry.rung());
    return level.staying.headSet(place).size() + level.promoted.headSet(place).size();
  }

  /** The sums of a rung. */
  Sums sums(int rung) {
    Level level = level(rung);
    Optional<Double> best =
        List.of(level.staying, level.promoted).stream()
            .filter(places -> !places.isEmpty())
            .map(places -> places.first().value())
            .min(Comparator.naturalOrder());
    return new Sums(
        level.open + level.completed(),
        level.completed(),
        level.failed,
        level.promoted.size(),
        best);
  }
}
