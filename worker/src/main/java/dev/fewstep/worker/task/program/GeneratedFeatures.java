package dev.fewstep.worker.task.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.spec.MetricKind;
import dev.fewstep.schemas.task.EvaluateTask;
import dev.fewstep.schemas.task.ScoredSpace;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.evaluation.FeatureFile;
import dev.fewstep.worker.evaluation.FeatureRows;
import dev.fewstep.worker.evaluation.InceptionScore;
import dev.fewstep.worker.evaluation.SpaceScoring;
import dev.fewstep.worker.evaluation.StatisticsAccumulator;
import dev.fewstep.worker.features.Classifier;
import dev.fewstep.worker.features.FeatureExtractor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A space to score in, with its extractor, the reference and what is gathered of the generated
 * images: sums, vectors on disk where a metric needs them, and sums of class probabilities.
 */
final class GeneratedFeatures implements AutoCloseable {
  private final ScoredSpace spec;
  private final EvaluateTask task;
  private final SpaceScoring.Settings settings;
  private final FeatureExtractor extractor;
  private final ReferenceFeatures reference;
  private final StatisticsAccumulator sums;
  private final FeatureFile rows;
  private final int kept;
  private final Optional<InceptionScore> inception;

  /** What a batch of images becomes in the space: features, and probabilities where asked for. */
  record Extracted(List<float[]> parts) {
    Extracted {
      parts = List.copyOf(parts);
    }
  }

  private GeneratedFeatures(
      ScoredSpace spec,
      EvaluateTask task,
      FeatureExtractor extractor,
      ReferenceFeatures reference,
      StatisticsAccumulator sums,
      FeatureFile rows) {
    this.spec = spec;
    this.task = task;
    this.settings =
        new SpaceScoring.Settings(task.metrics(), task.features(), task.bootstrap(), task.seed());
    this.extractor = extractor;
    this.reference = reference;
    this.sums = sums;
    this.rows = rows;
    this.kept = settings.rowsNeeded(task.samples());
    this.inception =
        settings.has(MetricKind.IS) && extractor instanceof Classifier classifier
            ? Optional.of(new InceptionScore(classifier.classes(), InceptionScore.SPLIT))
            : Optional.empty();
  }

  /**
   * Opens a space and refuses what could not be scored, before an image is made.
   *
   * @throws TaskFailure when reference and extractor do not fit, or images are too few
   */
  @SuppressWarnings("MustBeClosedChecker") // what is opened is closed with the space, or on failure
  static GeneratedFeatures open(
      ScoredSpace spec, EvaluateTask task, ImageShape image, TaskContext context, NDManager manager)
      throws IOException {
    List<AutoCloseable> opened = new ArrayList<>();
    boolean complete = false;
    try {
      ReferenceFeatures reference =
          ReferenceFeatures.load(context.input(spec.statistics()), context.directory());
      opened.add(reference);
      FeatureExtractor extractor =
          Extractors.load(
              context.input(spec.space().extractor()), spec.space().mode(), image, manager);
      opened.add(extractor);
      require(spec, task, extractor, reference);
      StatisticsAccumulator sums = new StatisticsAccumulator(manager, extractor.dimensions());
      opened.add(sums);
      FeatureFile rows = FeatureFile.temporary(context.directory(), extractor.dimensions());
      opened.add(rows);
      complete = true;
      return new GeneratedFeatures(spec, task, extractor, reference, sums, rows);
    } finally {
      if (!complete) {
        closeAll(opened);
      }
    }
  }

  private static void require(
      ScoredSpace spec,
      EvaluateTask task,
      FeatureExtractor extractor,
      ReferenceFeatures reference) {
    int dimensions = extractor.dimensions();
    String name = extractor.name();
    if (reference.statistics().dimensions() != dimensions) {
      throw new TaskFailure(
          FailureCode.BAD_INPUT,
          "The statistics of the space "
              + spec.space().id()
              + " have "
              + reference.statistics().dimensions()
              + " dimensions but its extractor has "
              + dimensions
              + ".");
    }
    Optional<ReferenceFeatures.Provenance> provenance = reference.provenance();
    if (provenance.isPresent() && provenance.get().augmented()) {
      throw new TaskFailure(
          FailureCode.BAD_INPUT,
          "The reference statistics of the space "
              + name
              + " are of augmented images; compute them of the images as they are.");
    }
    if (provenance.isPresent() && !provenance.get().extractor().equals(name)) {
      throw new TaskFailure(
          FailureCode.BAD_INPUT,
          "The reference statistics are of the space "
              + provenance.get().extractor()
              + ", not of "
              + name
              + ".");
    }
    try {
      SpaceScoring.requireEnough(task.metrics(), dimensions, task.samples(), "samples", name);
      SpaceScoring.requireEnoughToExtrapolate(task.metrics(), dimensions, task.samples());
      if (reference.statistics().countKnown()) {
        SpaceScoring.requireEnough(
            task.metrics(), dimensions, reference.statistics().count(), "real images", name);
      }
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(FailureCode.INVALID_SPEC, e.getMessage() + ".", e);
    }
  }

  /** Whether the Inception Score can be had of the space. */
  boolean classifies() {
    return extractor instanceof Classifier;
  }

  /** Name of the extractor. */
  String name() {
    return extractor.name();
  }

  /** Id under which scores are kept. */
  String id() {
    return spec.space().id();
  }

  /** What a batch becomes; may be called by several threads. */
  Extracted extract(NDArray images) {
    if (inception.isEmpty()) {
      return new Extracted(List.of(Extractors.features(extractor, images)));
    }
    Classifier.Classified both = ((Classifier) extractor).classify(images);
    try (NDArray features = both.features();
        NDArray probabilities = both.probabilities()) {
      return new Extracted(List.of(features.toFloatArray(), probabilities.toFloatArray()));
    }
  }

  /** Takes the next images' vectors, in index order. */
  void add(Extracted batch, NDManager manager) {
    float[] features = batch.parts().get(0);
    int dimensions = extractor.dimensions();
    Extractors.add(sums, features, dimensions, manager);
    int wanted = Math.min(features.length, (kept - rows.count()) * dimensions);
    if (wanted > 0) {
      rows.add(wanted == features.length ? features : java.util.Arrays.copyOf(features, wanted));
    }
    inception.ifPresent(score -> score.add(batch.parts().get(1)));
  }

  /** The scores of everything added. */
  SpaceScoring.Result score(NDManager manager) {
    Optional<FeatureRows> generated = rows.count() == 0 ? Optional.empty() : Optional.of(rows);
    SpaceScoring.Naming naming = SpaceScoring.Naming.of(extractor, referenceName(), true);
    try {
      SpaceScoring.Result result =
          SpaceScoring.score(
              manager,
              settings,
              naming,
              new SpaceScoring.Side(reference.statistics(), reference.rows()),
              new SpaceScoring.Side(sums.finish(), generated),
              inception.map(InceptionScore::finish));
      List<String> warnings = new ArrayList<>(result.warnings());
      if (reference.provenance().isEmpty() && reference.rows().isEmpty()) {
        warnings.add("The reference statistics do not say whether their images were augmented.");
      }
      return new SpaceScoring.Result(result.scores(), warnings);
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(FailureCode.NOT_FINITE, e.getMessage() + ".", e);
    }
  }

  /** The dataset where it is known, else the statistics, by digest or key. */
  private String referenceName() {
    String digest =
        reference
            .provenance()
            .map(ReferenceFeatures.Provenance::dataset)
            .orElseGet(() -> spec.statistics().value())
            .replaceFirst("^.*:", "");
    return "real " + digest.substring(0, Math.min(12, digest.length()));
  }

  /** The scores with everything that they depend on, for a file. */
  Map<String, Object> description(SpaceScoring.Result result) {
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("id", id());
    one.put("extractor", extractor.name());
    one.put("dimensions", extractor.dimensions());
    one.put("reference", spec.statistics().value());
    reference.provenance().ifPresent(p -> one.put("referenceDataset", p.dataset()));
    one.put("referenceCount", reference.statistics().count());
    one.put("kernelReal", Math.min(reference.kept(), task.features()));
    one.put("kernelGenerated", Math.min(rows.count(), task.features()));
    Map<String, Object> protocols = new LinkedHashMap<>();
    Map<String, Object> deviations = new LinkedHashMap<>();
    Map<String, Object> intervals = new LinkedHashMap<>();
    for (SpaceScoring.Score score : result.scores()) {
      one.put(score.name(), score.value());
      protocols.put(score.name(), score.protocol().name());
      score.deviation().ifPresent(deviation -> deviations.put(score.name(), deviation));
      score.interval().ifPresent(interval -> intervals.put(score.name(), interval));
    }
    one.put("protocols", protocols);
    one.put("deviations", deviations);
    one.put("intervals", intervals);
    one.put("warnings", result.warnings());
    return one;
  }

  /** The scores under the names by which they are kept. */
  void put(SpaceScoring.Result result, Map<String, Double> scores) {
    for (SpaceScoring.Score score : result.scores()) {
      scores.put(score.name() + ":" + id(), score.value());
      score
          .deviation()
          .ifPresent(deviation -> scores.put(score.name() + "-std:" + id(), deviation));
      score
          .interval()
          .ifPresent(
              interval -> {
                scores.put(score.name() + "-low:" + id(), interval.low());
                scores.put(score.name() + "-high:" + id(), interval.high());
              });
    }
  }

  @Override
  public void close() {
    closeAll(List.of(rows, sums, extractor, reference));
  }

  private static void closeAll(List<AutoCloseable> opened) {
    for (AutoCloseable one : opened) {
      try {
        one.close();
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
