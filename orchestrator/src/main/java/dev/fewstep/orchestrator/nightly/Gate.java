package dev.fewstep.orchestrator.nightly;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.schedule.GateSpec;
import dev.fewstep.schemas.state.BenchmarkRecord;
import dev.fewstep.schemas.state.Judgement;
import dev.fewstep.schemas.state.Verdict;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * Compares the scores of a run with those of the accepted runs before it.
 *
 * <p>Of each metric it takes the differences d(s) between the run and the mean of the baseline,
 * seed by seed: what a seed is hard for, it is hard for every night, and drops out. The interval of
 * the change is the wider of two of Student's: of the mean of d over the seeds, and of one more run
 * among the means of the baseline's runs (with {@code sqrt(1 + 1/R)}), which sees what all seeds of
 * a night have in common, such as a busy machine. Several metrics share the confidence
 * (Bonferroni), so that a run without a change is called regressed at most (1 - confidence)/2 of
 * the time however many there are.
 *
 * <p>REGRESSED: the interval lies above 0 and the change is at least the least effect. PASS: the
 * interval ends below the least effect. Anything else, and too few runs or seeds, is INCONCLUSIVE.
 */
public final class Gate {
  private static final double EQUAL = 1e-12;

  private final GateSpec spec;

  /** A gate by its settings. */
  public Gate(GateSpec spec) {
    this.spec = requireNonNull(spec, "spec");
  }

  /**
   * The runs that the next one is compared with, the newest first.
   *
   * @param history runs, the newest first
   */
  public List<BenchmarkRecord> baseline(Collection<BenchmarkRecord> history) {
    return history.stream().filter(BenchmarkRecord::accepted).limit(spec.baselineRuns()).toList();
  }

  /**
   * Judges a run.
   *
   * @param scores by metric and seed
   * @param baseline the runs that it is compared with
   * @return one judgement for each metric of the run and of the newest run of the baseline
   */
  public List<Judgement> judge(
      Map<String, Map<String, Double>> scores, List<BenchmarkRecord> baseline) {
    Set<String> metrics = new TreeSet<>(scores.keySet());
    baseline.stream().limit(1).forEach(run -> metrics.addAll(run.scores().keySet()));
    List<Judgement> judgements = new ArrayList<>();
    for (String metric : metrics) {
      judgements.add(
          judge(metric, scores.getOrDefault(metric, Map.of()), baseline, metrics.size()));
    }
    return judgements;
  }

  /** The verdict on a run: the worst of its judgements; nothing to judge is INCONCLUSIVE. */
  public static Verdict verdict(List<Judgement> judgements) {
    if (judgements.stream().anyMatch(each -> each.verdict() == Verdict.REGRESSED)) {
      return Verdict.REGRESSED;
    }
    boolean pass =
        !judgements.isEmpty()
            && judgements.stream().allMatch(each -> each.verdict() == Verdict.PASS);
    return pass ? Verdict.PASS : Verdict.INCONCLUSIVE;
  }

  private Judgement judge(
      String metric, Map<String, Double> run, List<BenchmarkRecord> baseline, int metrics) {
    List<Map<String, Double>> before = new ArrayList<>();
    for (BenchmarkRecord earlier : baseline) {
      Map<String, Double> seeds = earlier.scores().getOrDefault(metric, Map.of());
      if (!seeds.isEmpty()) {
        before.add(seeds);
      }
    }
    Set<String> common = new TreeSet<>(run.keySet());
    before.forEach(seeds -> common.retainAll(new HashSet<>(seeds.keySet())));
    if (run.isEmpty()) {
      return undecided(metric, run, before, common, "the run has no such score");
    }
    if (before.size() < spec.minRuns()) {
      return undecided(
          metric, run, before, common, "a baseline has " + spec.minRuns() + " runs at least");
    }
    if (common.size() < spec.minSeeds()) {
      return undecided(
          metric, run, before, common, spec.minSeeds() + " seeds in common are needed");
    }
    return compare(metric, new TreeMap<>(run), before, List.copyOf(common), metrics);
  }

  private static Judgement undecided(
      String metric,
      Map<String, Double> run,
      List<Map<String, Double>> before,
      Set<String> common,
      String reason) {
    return new Judgement(
        metric,
        Verdict.INCONCLUSIVE,
        run.isEmpty() ? Optional.empty() : Optional.of(mean(List.copyOf(run.values()))),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        common.size(),
        before.size(),
        reason);
  }

  private Judgement compare(
      String metric,
      Map<String, Double> run,
      List<Map<String, Double>> before,
      List<String> seeds,
      int metrics) {
    List<Double> differences = new ArrayList<>();
    List<Double> values = new ArrayList<>();
    List<Double> means = new ArrayList<>();
    for (Map<String, Double> earlier : before) {
      means.add(mean(seeds.stream().map(earlier::get).toList()));
    }
    for (String seed : seeds) {
      double usual = mean(before.stream().map(earlier -> earlier.get(seed)).toList());
      values.add(run.get(seed));
      differences.add(run.get(seed) - usual);
    }
    double baseline = mean(means);
    double change = mean(differences);
    double tail = (1 - spec.confidence()) / 2 / metrics;
    double half =
        Math.max(
            quantile(seeds.size(), tail) * deviation(differences) / Math.sqrt(seeds.size()),
            before.size() < 2
                ? 0
                : quantile(before.size(), tail)
                    * deviation(means)
                    * Math.sqrt(1 + 1.0 / before.size()));
    double scale = Math.max(Math.abs(baseline), Double.MIN_NORMAL);
    double part = change / scale;
    double low = (change - half) / scale;
    double high = (change + half) / scale;
    Verdict verdict = verdict(part, low, high);
    return new Judgement(
        metric,
        verdict,
        Optional.of(mean(values)),
        Optional.of(baseline),
        Optional.of(part),
        Optional.of(low),
        Optional.of(high),
        seeds.size(),
        before.size(),
        reason(verdict, part, low, high));
  }

  private Verdict verdict(double change, double low, double high) {
    if (low > EQUAL && change >= spec.minEffect() && change > EQUAL) {
      return Verdict.REGRESSED;
    }
    return high < spec.minEffect() || high <= EQUAL ? Verdict.PASS : Verdict.INCONCLUSIVE;
  }

  private String reason(Verdict verdict, double change, double low, double high) {
    String interval =
        String.format(
            Locale.ROOT, "%+.2f%% (%+.2f%% to %+.2f%%)", 100 * change, 100 * low, 100 * high);
    return switch (verdict) {
      case PASS -> interval + " is no change for the worse that matters";
      case REGRESSED -> interval + " is worse";
      case INCONCLUSIVE ->
          interval + String.format(Locale.ROOT, " may be worse by %.2f%%", 100 * spec.minEffect());
    };
  }

  private static double quantile(int count, double tail) {
    return TDistribution.of(count - 1).inverseSurvivalProbability(tail);
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).sum() / values.size();
  }

  private static double deviation(List<Double> values) {
    double mean = mean(values);
    double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
    return Math.sqrt(squares / (values.size() - 1));
  }
}
