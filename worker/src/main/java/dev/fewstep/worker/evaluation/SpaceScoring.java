package dev.fewstep.worker.evaluation;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDManager;
import dev.fewstep.schemas.spec.MetricKind;
import dev.fewstep.schemas.task.EvaluationProtocol;
import dev.fewstep.schemas.task.EvaluationProtocol.Family;
import dev.fewstep.schemas.task.EvaluationProtocol.Metric;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.features.SpaceTraits;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** The asked-for scores of generated images in one feature space, each under its protocol. */
public final class SpaceScoring {
  /**
   * One side of a comparison.
   *
   * @param statistics of all its images
   * @param rows vectors of its images, or of some of them; empty when only statistics are known
   */
  public record Side(FeatureStatistics statistics, Optional<FeatureRows> rows) {}

  /**
   * What is measured.
   *
   * @param metrics in the order in which scores come
   * @param features vectors a side, at most, for what needs single vectors
   * @param bootstrap resamples for an interval of each distance, 0 for none
   * @param seed of subsets and resamples
   */
  public record Settings(List<MetricKind> metrics, int features, int bootstrap, long seed) {
    public Settings {
      metrics = List.copyOf(metrics);
    }

    /** Whether a metric is asked for. */
    public boolean has(MetricKind metric) {
      return metrics.contains(metric);
    }

    /** How many of the generated images' vectors are read. */
    public int rowsNeeded(int samples) {
      boolean all = has(MetricKind.FD_INFINITY) || (has(MetricKind.FD) && bootstrap > 0);
      return all ? samples : needsRows() ? Math.min(samples, features) : 0;
    }

    private boolean needsRows() {
      return has(MetricKind.KD) || has(MetricKind.KID) || has(MetricKind.PR) || has(MetricKind.DC);
    }
  }

  /**
   * What the names of the scores say beside the metric and the count.
   *
   * @param family what the distances of the network are called
   * @param extractor name of the space
   * @param reference name of the real images
   * @param preprocess how images reach the network; empty when they enter as they are
   * @param eightBit whether generated images passed through 8 bits
   */
  public record Naming(
      Family family, String extractor, String reference, String preprocess, boolean eightBit) {
    /** The naming of scores in an extractor's space. */
    public static Naming of(FeatureExtractor extractor, String reference, boolean eightBit) {
      SpaceTraits traits = extractor.traits();
      Family named = Family.named(extractor.name());
      Family family =
          switch (traits.family()) {
            case INCEPTION -> Family.INCEPTION;
            case INCEPTION_SPATIAL -> Family.INCEPTION_SPATIAL;
            case OTHER -> named == Family.INCEPTION ? Family.OTHER : named;
          };
      return new Naming(family, extractor.name(), reference, traits.preprocess(), eightBit);
    }

    EvaluationProtocol protocol(Metric metric, long samples, String... details) {
      List<String> all = new ArrayList<>();
      if (!preprocess.isEmpty()) {
        all.add(preprocess);
      }
      all.addAll(List.of(details));
      return new EvaluationProtocol(metric, family, extractor, reference, samples, all, eightBit);
    }
  }

  /**
   * A score.
   *
   * @param protocol what it depends on
   * @param value the score
   * @param deviation spread over subsets or splits, or the standard error of an extrapolation
   * @param interval where it lies, when resamples were asked for
   */
  public record Score(
      EvaluationProtocol protocol,
      double value,
      OptionalDouble deviation,
      Optional<Bootstrap.Interval> interval) {
    /** Name under which it is kept, before the colon and the space. */
    public String name() {
      return protocol.metric().score();
    }
  }

  /**
   * What was found.
   *
   * @param scores in the order of the metrics
   * @param warnings what makes a score less than it seems, a sentence each
   */
  public record Result(List<Score> scores, List<String> warnings) {
    public Result {
      scores = List.copyOf(scores);
      warnings = List.copyOf(warnings);
    }
  }

  private final NDManager manager;
  private final Settings settings;
  private final Naming naming;
  private final Side real;
  private final Side generated;
  private final List<Score> scores = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  private SpaceScoring(
      NDManager manager, Settings settings, Naming naming, Side real, Side generated) {
    this.manager = manager;
    this.settings = settings;
    this.naming = naming;
    this.real = real;
    this.generated = generated;
  }

  /**
   * Refuses fewer vectors than the metrics can be had of.
   *
   * @param count vectors of a side, all of them
   * @param what such as {@code samples} or {@code real images}
   * @throws IllegalArgumentException with the reason
   */
  public static void requireEnough(
      List<MetricKind> metrics, int dimensions, long count, String what, String extractor) {
    boolean covariance =
        metrics.contains(MetricKind.FD) || metrics.contains(MetricKind.FD_INFINITY);
    require(
        !covariance || count >= dimensions,
        "A score in the space %s of %s dimensions needs at least as many %s, not %s",
        extractor,
        dimensions,
        what,
        count);
    int neighbours =
        metrics.contains(MetricKind.DC)
            ? DensityCoverage.NEIGHBOURS
            : metrics.contains(MetricKind.PR) ? PrecisionRecall.NEIGHBOURS : 1;
    require(
        count > neighbours,
        "The metrics asked for in the space %s need more than %s %s, not %s",
        extractor,
        neighbours,
        what,
        count);
  }

  /**
   * Refuses fewer samples than an extrapolation needs.
   *
   * @throws IllegalArgumentException with the reason
   */
  public static void requireEnoughToExtrapolate(List<MetricKind> metrics, int dimensions, long n) {
    int least = least(dimensions);
    require(
        !metrics.contains(MetricKind.FD_INFINITY) || n > least,
        "fd-infinity extrapolates from %s samples on and needs more of them, not %s",
        least,
        n);
  }

  private static int least(int dimensions) {
    return Math.max(FrechetInfinity.LEAST, dimensions);
  }

  /**
   * Scores.
   *
   * @param manager on whose device it is computed
   * @param inception the Inception Score's value, when the space classifies and it was asked for
   * @throws IllegalArgumentException when a side has too few images for a metric
   */
  public static Result score(
      NDManager manager,
      Settings settings,
      Naming naming,
      Side real,
      Side generated,
      Optional<InceptionScore.Estimate> inception) {
    SpaceScoring scoring = new SpaceScoring(manager, settings, naming, real, generated);
    scoring.warn();
    for (MetricKind metric : settings.metrics()) {
      switch (metric) {
        case FD -> scoring.frechet();
        case KD -> scoring.kernel();
        case KID -> scoring.kernelSubsets();
        case IS -> inception.ifPresent(scoring::inceptionScore);
        case PR -> scoring.precisionRecall();
        case DC -> scoring.densityCoverage();
        case FD_INFINITY -> scoring.infinity();
      }
    }
    return new Result(scoring.scores, scoring.warnings);
  }

  private void warn() {
    if (!real.statistics().countKnown()) {
      warnings.add(
          "The reference statistics do not say how many images they are of, so that too few of"
              + " them cannot be told.");
    }
    if (real.statistics().sameAs(generated.statistics())) {
      warnings.add("Generated and real images have the same statistics: they are the same images.");
    }
  }

  private void add(EvaluationProtocol protocol, double value) {
    add(protocol, value, OptionalDouble.empty(), Optional.empty());
  }

  private void add(
      EvaluationProtocol protocol,
      double value,
      OptionalDouble deviation,
      Optional<Bootstrap.Interval> interval) {
    scores.add(new Score(protocol, value, deviation, interval));
  }

  private long samples() {
    return generated.statistics().count();
  }

  private Optional<Bootstrap> bootstrap() {
    return settings.bootstrap() == 0
        ? Optional.empty()
        : Optional.of(new Bootstrap(settings.bootstrap(), settings.seed()));
  }

  private void frechet() {
    double value = FrechetDistance.between(manager, real.statistics(), generated.statistics());
    Optional<Bootstrap.Interval> interval =
        generated
            .rows()
            .filter(rows -> rows.count() == samples())
            .flatMap(
                rows -> bootstrap().map(b -> b.frechet(manager, real.statistics(), rows, value)));
    if (settings.bootstrap() > 0 && interval.isEmpty()) {
      warnings.add("Without all feature vectors of the generated images fd has no interval.");
    }
    add(naming.protocol(Metric.FRECHET, samples()), value, OptionalDouble.empty(), interval);
  }

  /** Both sides' vectors, cut to as many as are compared; empty with a warning. */
  private Optional<FeatureRows[]> vectors(String metric) {
    if (real.rows().isEmpty() || generated.rows().isEmpty()) {
      warnings.add(
          "The %s images have statistics alone, no feature vectors: there is no %s."
              .formatted(real.rows().isEmpty() ? "real" : "generated", metric));
      return Optional.empty();
    }
    FeatureRows x = real.rows().get();
    FeatureRows y = generated.rows().get();
    return Optional.of(
        new FeatureRows[] {
          x.first(Math.min(x.count(), settings.features())),
          y.first(Math.min(y.count(), settings.features()))
        });
  }

  private static String against(FeatureRows x, FeatureRows y) {
    return x.count() == y.count() ? "" : "real=" + x.count();
  }

  private static String[] details(String... details) {
    return java.util.Arrays.stream(details).filter(d -> !d.isEmpty()).toArray(String[]::new);
  }

  private void kernel() {
    vectors("kd")
        .ifPresent(
            sides -> {
              FeatureRows x = sides[0];
              FeatureRows y = sides[1];
              double value = KernelDistance.unbiased(manager, x, y);
              add(
                  naming.protocol(Metric.KERNEL, y.count(), details(against(x, y))),
                  value,
                  OptionalDouble.empty(),
                  bootstrap().map(b -> b.kernel(manager, x, y, value)));
            });
  }

  private void kernelSubsets() {
    vectors("kid")
        .ifPresent(
            sides -> {
              FeatureRows x = sides[0];
              FeatureRows y = sides[1];
              int size = Math.min(KernelDistance.SUBSET_SIZE, Math.min(x.count(), y.count()));
              KernelDistance.Estimate estimate =
                  KernelDistance.overSubsets(
                      manager, x, y, KernelDistance.SUBSETS, size, settings.seed());
              String subsets = KernelDistance.SUBSETS + "x" + size;
              add(
                  naming.protocol(
                      Metric.KERNEL_SUBSETS, y.count(), details(subsets, against(x, y))),
                  estimate.mean(),
                  OptionalDouble.of(estimate.deviation()),
                  Optional.empty());
            });
  }

  private void inceptionScore(InceptionScore.Estimate estimate) {
    add(
        naming.protocol(Metric.INCEPTION_SCORE, samples(), "splits of " + InceptionScore.SPLIT),
        estimate.mean(),
        OptionalDouble.of(estimate.deviation()),
        Optional.empty());
  }

  private void precisionRecall() {
    vectors("precision and recall")
        .ifPresent(
            sides -> {
              int k = PrecisionRecall.NEIGHBOURS;
              PrecisionRecall both = PrecisionRecall.between(manager, sides[0], sides[1], k);
              String[] details = details("k=" + k, against(sides[0], sides[1]));
              int n = sides[1].count();
              add(naming.protocol(Metric.PRECISION, n, details), both.precision());
              add(naming.protocol(Metric.RECALL, n, details), both.recall());
            });
  }

  private void densityCoverage() {
    vectors("density and coverage")
        .ifPresent(
            sides -> {
              int k = DensityCoverage.NEIGHBOURS;
              DensityCoverage both = DensityCoverage.between(manager, sides[0], sides[1], k);
              String[] details = details("k=" + k, against(sides[0], sides[1]));
              int n = sides[1].count();
              add(naming.protocol(Metric.DENSITY, n, details), both.density());
              add(naming.protocol(Metric.COVERAGE, n, details), both.coverage());
            });
  }

  private void infinity() {
    if (generated.rows().isEmpty() || generated.rows().get().count() != samples()) {
      warnings.add("Without all feature vectors of the generated images there is no fd-infinity.");
      return;
    }
    int least = least(real.statistics().dimensions());
    FrechetInfinity infinity =
        FrechetInfinity.of(
            manager, real.statistics(), generated.rows().get(), least, settings.seed());
    add(
        naming.protocol(
            Metric.FRECHET_INFINITY, samples(), FrechetInfinity.SIZES + " sizes from " + least),
        infinity.value(),
        OptionalDouble.of(infinity.standardError()),
        Optional.empty());
  }
}
