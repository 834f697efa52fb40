package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.state.RungRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Who is promoted, on tables of scores. */
class RungsTest {
  /** Trials that complete rungs in an order, and are promoted as soon as they are due. */
  private static final class Race {
    private final Rungs rungs = new Rungs();
    private final Map<Integer, RungRecord> records = new TreeMap<>();
    private final int reduction;
    private final int last;
    private final List<List<Double>> scores;

    /**
     * Begins.
     *
     * @param scores of each trial in each rung
     */
    Race(int reduction, int rungs, List<List<Double>> scores) {
      this.reduction = reduction;
      this.last = rungs - 1;
      this.scores = scores;
      for (int trial = 0; trial < scores.size(); trial++) {
        put(RungRecord.entered("e", trial, "t" + trial + "/0"));
      }
    }

    private void put(RungRecord entry) {
      records.put(entry.trial(), entry);
      rungs.replay(entry.trial(), Optional.of(entry), key -> Optional.empty());
    }

    List<Integer> open() {
      return records.values().stream().filter(RungRecord::open).map(RungRecord::trial).toList();
    }

    void complete(int trial) {
      RungRecord entry = records.get(trial);
      put(entry.completed(scores.get(trial).get(entry.rung())));
      promote();
    }

    void promote() {
      for (List<Integer> due = due(); !due.isEmpty(); due = due()) {
        for (int trial : due) {
          RungRecord entry = records.get(trial);
          put(entry.promoted("t" + trial + "/" + (entry.rung() + 1)));
        }
      }
    }

    private List<Integer> due() {
      return rungs.due(reduction, last, true);
    }

    List<Integer> completed(int rung) {
      return records.values().stream()
          .filter(entry -> entry.values().size() > rung)
          .map(RungRecord::trial)
          .toList();
    }

    List<Integer> promoted(int rung) {
      return records.values().stream()
          .filter(entry -> entry.rung() > rung)
          .map(RungRecord::trial)
          .toList();
    }

    /** The best trials of a rung that did not fail. */
    List<Integer> best(int rung, int count) {
      return completed(rung).stream()
          .filter(trial -> scores.get(trial).get(rung) < RungRecord.WORST)
          .sorted(
              Comparator.comparing((Integer trial) -> scores.get(trial).get(rung))
                  .thenComparing(Comparator.naturalOrder()))
          .limit(count)
          .toList();
    }
  }

  private static List<List<Double>> flat(double... values) {
    List<List<Double>> scores = new ArrayList<>();
    for (double value : values) {
      scores.add(List.of(value, value, value, value));
    }
    return scores;
  }

  /** Li et al., figure 2's shape: nine trials, η = 3, three rungs. */
  @Test
  void nineTrialsByThree() {
    Race race = new Race(3, 3, flat(8, 3, 5, 1, 9, 2, 7, 4, 6));

    List<List<Integer>> promoted = new ArrayList<>();
    for (int trial = 0; trial < 9; trial++) {
      race.complete(trial);
      promoted.add(race.promoted(0));
    }

    assertThat(promoted)
        .containsExactly(
            List.of(),
            List.of(),
            List.of(1),
            List.of(1),
            List.of(1),
            List.of(1, 3),
            List.of(1, 3),
            List.of(1, 3),
            List.of(1, 3, 5));
    race.complete(5);
    race.complete(1);
    assertThat(race.promoted(1)).isEmpty();
    race.complete(3);
    assertThat(race.promoted(1)).containsExactly(3);
    race.complete(3);
    assertThat(race.open()).isEmpty();
    assertThat(race.rungs.sums(1)).isEqualTo(new Rungs.Sums(3, 3, 0, 1, Optional.of(1.0)));
  }

  @Test
  void byTwoTheWinnerGoesOnThoughItsPlaceWasTaken() {
    Race race = new Race(2, 2, flat(2, 3, 1, 4));

    race.complete(0);
    race.complete(1);
    assertThat(race.promoted(0)).as("one of two").containsExactly(0);
    race.complete(2);
    assertThat(race.promoted(0)).as("one of three").containsExactly(0);
    race.complete(3);
    assertThat(race.promoted(0)).as("two of four").containsExactly(0, 2);
  }

  @Test
  void atTheEndThoseAmongTheBestGoOnThatHadNoPlace() {
    Race race = new Race(3, 2, flat(5, 6, 7, 2, 1));

    IntStream.range(0, 5).forEach(race::complete);

    assertThat(race.promoted(0)).as("one place, taken by 0; the best is 4").containsExactly(0, 4);
  }

  @Test
  void oneOfFewGoesOn() {
    Race race = new Race(3, 3, flat(2, 1));

    race.complete(0);
    assertThat(race.promoted(0)).isEmpty();
    race.complete(1);
    assertThat(race.promoted(0)).containsExactly(1);
    race.complete(1);
    assertThat(race.promoted(1)).containsExactly(1);
  }

  @Test
  void failedTrialsCountAndAreNeverPromoted() {
    double failed = RungRecord.WORST;
    Race race = new Race(2, 2, flat(failed, failed, failed, 5));

    race.complete(0);
    race.complete(1);
    assertThat(race.promoted(0)).isEmpty();
    race.complete(2);
    race.complete(3);
    assertThat(race.promoted(0)).containsExactly(3);
    assertThat(race.rungs.sums(0)).isEqualTo(new Rungs.Sums(4, 4, 3, 1, Optional.of(5.0)));
  }

  @Test
  void allFailedEnds() {
    Race race = new Race(2, 2, flat(RungRecord.WORST, RungRecord.WORST));

    race.complete(0);
    race.complete(1);

    assertThat(race.rungs.unsettled(2, 1, true)).isFalse();
    assertThat(race.promoted(0)).isEmpty();
  }

  @Test
  void equalScoresStandInTheOrderOfTheTrials() {
    Race race = new Race(3, 2, flat(1, 1, 1));

    List.of(2, 1, 0).forEach(race::complete);

    assertThat(race.promoted(0)).containsExactly(0);
  }

  @Test
  void aSuccessAfterAFailureMayStillBePromoted() {
    Race race = new Race(2, 2, flat(RungRecord.WORST, 2, 3));
    List.of(0, 1, 2).forEach(race::complete);
    assertThat(race.promoted(0)).containsExactly(1);

    race.put(race.records.get(0).completed(1));
    race.promote();

    assertThat(race.promoted(0)).containsExactly(0, 1);
  }

  @Test
  void nothingIsClosedWhileTrialsAreBeingPlanned() {
    Race race = new Race(3, 2, flat(1, 2));
    race.rungs.replay(0, Optional.of(race.records.get(0).completed(1)), key -> Optional.empty());
    race.rungs.replay(1, Optional.of(race.records.get(1).completed(2)), key -> Optional.empty());

    assertThat(race.rungs.due(3, 1, false)).isEmpty();
    assertThat(race.rungs.due(3, 1, true)).containsExactly(0);
  }

  @Property(tries = 300)
  void keepsItsPromises(
      @ForAll @IntRange(min = 2, max = 5) int reduction,
      @ForAll @IntRange(min = 2, max = 4) int count,
      @ForAll @Size(min = 1, max = 40) List<@IntRange(min = 0, max = 12) Integer> levels,
      @ForAll long order) {
    Random random = new Random(order);
    List<List<Double>> scores = new ArrayList<>();
    for (int level : levels) {
      List<Double> row = new ArrayList<>();
      for (int rung = 0; rung < count; rung++) {
        double value = level + random.nextInt(3) * 0.5;
        row.add(level == 12 || random.nextInt(15) == 0 ? RungRecord.WORST : value);
      }
      scores.add(row);
    }
    Race race = new Race(reduction, count, scores);

    while (!race.open().isEmpty()) {
      List<Integer> open = race.open();
      List<Integer> before =
          IntStream.range(0, count).map(r -> race.promoted(r).size()).boxed().toList();
      race.complete(open.get(random.nextInt(open.size())));
      for (int rung = 0; rung < count - 1; rung++) {
        int promoted = race.promoted(rung).size();
        int completed = race.completed(rung).size();
        if (!race.rungs.closed(rung, true)) {
          assertThat(promoted)
              .as("promoted from rung " + rung + " while it is open")
              .isLessThanOrEqualTo(Math.max(before.get(rung), completed / reduction));
        }
        assertThat(promoted).isGreaterThanOrEqualTo(before.get(rung));
        assertThat(race.promoted(rung))
            .allMatch(t -> race.completed(race.records.get(t).rung() - 1).contains(t));
      }
    }

    int entered = levels.size();
    int iterations = 0;
    int bound = 0;
    int atWorst = entered;
    for (int rung = 0; rung < count; rung++) {
      assertThat(race.completed(rung)).hasSize(entered);
      iterations += entered;
      bound += atWorst;
      if (rung < count - 1) {
        int places = Math.max(1, entered / reduction);
        assertThat(race.promoted(rung)).containsAll(race.best(rung, places));
        assertThat(race.promoted(rung).size()).isLessThanOrEqualTo(entered / reduction + places);
        assertThat(race.promoted(rung))
            .allMatch(t -> scores.get(t).get(race.records.get(t).rung() - 1) < RungRecord.WORST);
        entered = race.promoted(rung).size();
        atWorst = PlanPreview.Budget.atWorst(atWorst, reduction);
      }
    }
    assertThat(iterations).isLessThanOrEqualTo(bound);
    assertThat(race.rungs.unsettled(reduction, count - 1, true)).isFalse();
    assertThat(refolded(race, random)).isEqualTo(sums(race.rungs, count));
  }

  private static List<Rungs.Sums> sums(Rungs rungs, int count) {
    return IntStream.range(0, count).mapToObj(rungs::sums).toList();
  }

  /** The same records in another order, some of them folded before with what they were. */
  private static List<Rungs.Sums> refolded(Race race, Random random) {
    Rungs again = new Rungs();
    List<RungRecord> shuffled = new ArrayList<>(race.records.values());
    java.util.Collections.shuffle(shuffled, random);
    for (RungRecord entry : shuffled) {
      if (random.nextBoolean()) {
        RungRecord first = RungRecord.entered("e", entry.trial(), "t");
        again.replay(entry.trial(), Optional.of(first), key -> Optional.empty());
      }
      again.replay(entry.trial(), Optional.of(entry), key -> Optional.empty());
    }
    return sums(again, race.last + 1);
  }
}
