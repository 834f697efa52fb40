package dev.fewstep.orchestrator.nightly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fewstep.schemas.schedule.GateSpec;
import dev.fewstep.schemas.state.BenchmarkRecord;
import dev.fewstep.schemas.state.Judgement;
import dev.fewstep.schemas.state.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class GateTest {
  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");

  private static GateSpec spec(double minEffect, int minRuns) {
    return new GateSpec(List.of("fd"), minEffect, 0.95, 14, minRuns, 3);
  }

  private static Map<String, Double> seeds(double... values) {
    Map<String, Double> seeds = new TreeMap<>();
    for (int i = 0; i < values.length; i++) {
      seeds.put(Integer.toString(i), values[i]);
    }
    return seeds;
  }

  private static BenchmarkRecord run(Map<String, Double> seeds) {
    return run(seeds, true);
  }

  private static BenchmarkRecord run(Map<String, Double> seeds, boolean accepted) {
    return new BenchmarkRecord(
        "b", "e", AT, AT, Map.of("fd", seeds), Verdict.PASS, List.of(), accepted);
  }

  private static Judgement judge(
      GateSpec spec, Map<String, Double> seeds, List<BenchmarkRecord> baseline) {
    return new Gate(spec).judge(Map.of("fd", seeds), baseline).get(0);
  }

  /**
   * Differences 1, 2, 3 to a baseline of 10, 10, 10: mean 2, deviation 1, t(0.975; 2) = 4.302653.
   */
  @Test
  void theIntervalOfTheChangeIsStudents() {
    List<BenchmarkRecord> baseline =
        List.of(run(seeds(9, 9, 9)), run(seeds(10, 10, 10)), run(seeds(11, 11, 11)));
    Judgement judgement = judge(spec(0.02, 3), seeds(11, 12, 13), baseline);
    assertThat(judgement.change().orElseThrow()).isCloseTo(0.2, within(1e-12));
    // One more run among 9, 10, 11: 4.302653 * 1 * sqrt(4/3) = 4.968; of the seeds only 2.484.
    assertThat(judgement.high().orElseThrow()).isCloseTo(0.2 + 0.4968276, within(1e-6));
    assertThat(judgement.low().orElseThrow()).isCloseTo(0.2 - 0.4968276, within(1e-6));
    assertThat(judgement.verdict()).isEqualTo(Verdict.INCONCLUSIVE);

    List<BenchmarkRecord> steady = List.of(baseline.get(1), baseline.get(1), baseline.get(1));
    Judgement sharper = judge(spec(0.02, 3), seeds(11, 12, 13), steady);
    assertThat(sharper.high().orElseThrow()).isCloseTo(0.2 + 0.2484138, within(1e-6));
    assertThat(judge(spec(0.02, 3), seeds(12.9, 13, 13.1), steady).verdict())
        .isEqualTo(Verdict.REGRESSED);
  }

  @Test
  void severalMetricsShareTheConfidence() {
    Gate gate = new Gate(spec(0.02, 1));
    BenchmarkRecord before =
        new BenchmarkRecord(
            "b",
            "e",
            AT,
            AT,
            Map.of("a", seeds(10, 10, 10), "z", seeds(10, 10, 10)),
            Verdict.PASS,
            List.of(),
            true);
    Judgement judgement =
        gate.judge(Map.of("a", seeds(11, 12, 13), "z", seeds(10, 10, 10)), List.of(before)).get(0);
    // t(1 - 0.0125; 2) = 6.205347
    assertThat(judgement.high().orElseThrow())
        .isCloseTo(0.2 + 6.205347 / Math.sqrt(3) / 10, within(1e-6));
  }

  @Test
  void theSameNumbersPassAndAShiftOfThemAllRegresses() {
    List<BenchmarkRecord> baseline =
        List.of(run(seeds(10, 20, 30)), run(seeds(10, 20, 30)), run(seeds(10, 20, 30)));
    assertThat(judge(spec(0.02, 3), seeds(10, 20, 30), baseline).verdict()).isEqualTo(Verdict.PASS);
    assertThat(judge(spec(0, 3), seeds(10, 20, 30), baseline).verdict()).isEqualTo(Verdict.PASS);
    assertThat(judge(spec(0.02, 3), seeds(10.1, 20.1, 30.1), baseline).verdict())
        .as("surely worse, but less than matters")
        .isEqualTo(Verdict.PASS);
    assertThat(judge(spec(0.02, 3), seeds(11, 21, 31), baseline).verdict())
        .isEqualTo(Verdict.REGRESSED);
    assertThat(judge(spec(0.02, 3), seeds(5, 15, 25), baseline).verdict())
        .as("better")
        .isEqualTo(Verdict.PASS);
  }

  @Test
  void tooFewRunsOrSeedsNeverPass() {
    BenchmarkRecord before = run(seeds(10, 10, 10));
    assertThat(judge(spec(0.02, 3), seeds(10, 10, 10), List.of(before, before)).reason())
        .contains("3 runs");
    assertThat(judge(spec(0.02, 3), seeds(10, 10, 10), List.of(before, before)).verdict())
        .isEqualTo(Verdict.INCONCLUSIVE);
    List<BenchmarkRecord> three = List.of(before, before, before);
    assertThat(judge(spec(0.02, 3), seeds(10, 10), three).reason()).contains("3 seeds");
    assertThat(judge(spec(0.02, 3), seeds(10, 10), three).verdict())
        .isEqualTo(Verdict.INCONCLUSIVE);
    Judgement missing = judge(spec(0.02, 3), Map.of(), three);
    assertThat(missing.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
    assertThat(missing.value()).isEmpty();
    assertThat(new Gate(spec(0.02, 3)).judge(Map.of(), three))
        .as("a metric that the baseline has is missed")
        .singleElement()
        .matches(judgement -> judgement.verdict() == Verdict.INCONCLUSIVE);
    assertThat(Gate.verdict(List.of())).isEqualTo(Verdict.INCONCLUSIVE);
  }

  @Test
  void theVerdictIsThatOfTheWorstMetricAndOnlyAcceptedRunsMakeABaseline() {
    List<BenchmarkRecord> steady =
        List.of(run(seeds(10, 20, 30)), run(seeds(10, 20, 30)), run(seeds(10, 20, 30)));
    Judgement pass = judge(spec(0.02, 3), seeds(10, 20, 30), steady);
    Judgement worse = judge(spec(0.02, 3), seeds(12, 22, 32), steady);
    Judgement unknown = judge(spec(0.02, 3), seeds(1, 40, 30), steady);
    assertThat(unknown.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
    assertThat(Gate.verdict(List.of(pass, pass))).isEqualTo(Verdict.PASS);
    assertThat(Gate.verdict(List.of(pass, unknown))).isEqualTo(Verdict.INCONCLUSIVE);
    assertThat(Gate.verdict(List.of(unknown, worse, pass))).isEqualTo(Verdict.REGRESSED);

    BenchmarkRecord refused = run(seeds(1, 1, 1), false);
    GateSpec two = new GateSpec(List.of("fd"), 0.02, 0.95, 2, 1, 3);
    assertThat(
            new Gate(two).baseline(List.of(refused, steady.get(0), steady.get(1), steady.get(2))))
        .containsExactly(steady.get(0), steady.get(1));
  }

  /** Nights with what all seeds have in common, seeds that differ for good, and noise. */
  private static final class Nights {
    private final Random random;
    private final double night;
    private final double noise;

    Nights(long seed, double night, double noise) {
      this.random = new Random(seed);
      this.night = night;
      this.noise = noise;
    }

    Map<String, Double> next(double shift, int seeds) {
      double together = night * random.nextGaussian();
      double[] values = new double[seeds];
      for (int i = 0; i < seeds; i++) {
        values[i] = 100 * (1 + shift) + 20 * i + together + noise * random.nextGaussian();
      }
      return seeds(values);
    }

    Map<Verdict, Integer> tally(GateSpec spec, double shift, int runs, int seeds, int tries) {
      Map<Verdict, Integer> tally = new TreeMap<>();
      for (int i = 0; i < tries; i++) {
        List<BenchmarkRecord> baseline = new ArrayList<>();
        for (int r = 0; r < runs; r++) {
          baseline.add(run(next(0, seeds)));
        }
        tally.merge(judge(spec, next(shift, seeds), baseline).verdict(), 1, Integer::sum);
      }
      for (Verdict verdict : Verdict.values()) {
        tally.putIfAbsent(verdict, 0);
      }
      return tally;
    }
  }

  @Test
  void falseAlarmsAreRarerThanItsConfidenceAllowsWhateverTheNoiseIsMadeOf() {
    int tries = 4_000;
    double allowed = 0.025 * tries + 3 * Math.sqrt(0.025 * 0.975 * tries);
    double[][] noises = {{0, 3}, {3, 0}, {2, 2}, {0.5, 6}, {6, 0.5}};
    for (double[] noise : noises) {
      for (int runs : new int[] {3, 10}) {
        Map<Verdict, Integer> tally =
            new Nights(1, noise[0], noise[1]).tally(spec(0, 3), 0, runs, 4, tries);
        assertThat(tally.get(Verdict.REGRESSED))
            .as("night " + noise[0] + ", noise " + noise[1] + ", runs " + runs + ": " + tally)
            .isLessThan((int) allowed);
      }
    }
  }

  @Test
  void aChangeThatStandsOutIsFoundAndOneThatDoesNotIsNotPassed() {
    Map<Verdict, Integer> clear = new Nights(2, 0.5, 0.5).tally(spec(0.02, 3), 0.05, 10, 5, 1_000);
    assertThat(clear.get(Verdict.REGRESSED)).as("5 % with noise of 0.7 %").isGreaterThan(950);
    assertThat(clear.get(Verdict.PASS)).isZero();
    Map<Verdict, Integer> quiet = new Nights(3, 0.3, 0.3).tally(spec(0.02, 3), 0, 10, 5, 1_000);
    assertThat(quiet.get(Verdict.PASS)).as("no change, little noise").isGreaterThan(950);
    assertThat(quiet.get(Verdict.REGRESSED)).isZero();
    Map<Verdict, Integer> noisy = new Nights(4, 10, 10).tally(spec(0.02, 3), 0.05, 5, 3, 1_000);
    assertThat(noisy.get(Verdict.PASS)).as("5 % in noise of 14 %").isLessThan(60);
    assertThat(noisy.get(Verdict.INCONCLUSIVE)).isGreaterThan(850);
  }
}
