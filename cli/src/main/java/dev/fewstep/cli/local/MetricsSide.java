package dev.fewstep.cli.local;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.cli.CliException;
import dev.fewstep.cli.Main;
import dev.fewstep.worker.checkpoint.NpzFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.DatasetException;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.evaluation.FeatureFile;
import dev.fewstep.worker.evaluation.FeatureRows;
import dev.fewstep.worker.evaluation.FeatureStatistics;
import dev.fewstep.worker.evaluation.InceptionScore;
import dev.fewstep.worker.evaluation.SpaceScoring;
import dev.fewstep.worker.evaluation.StatisticsAccumulator;
import dev.fewstep.worker.features.Classifier;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.task.program.ReferenceFeatures;
import dev.fewstep.worker.tensor.Autograd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * One side of a comparison: images still to be measured, feature vectors, or statistics alone.
 * Vectors of measured images lie in a temporary file.
 *
 * @param path where it came from
 * @param images images, until they are measured
 * @param rows feature vectors, unless only statistics are known
 * @param known statistics that a file holds
 * @param space name of the space that the vectors or statistics are known to be of
 * @param eightBit whether the features are known to be of 8-bit images
 * @param inception the Inception Score, when it was asked for and can be had
 */
record MetricsSide(
    Path path,
    Optional<ByteImages> images,
    Optional<FeatureRows> rows,
    Optional<FeatureStatistics> known,
    Optional<String> space,
    boolean eightBit,
    Optional<InceptionScore.Estimate> inception)
    implements AutoCloseable {
  private static final int BLOCK = 1024;

  /**
   * Opens a path by what it is.
   *
   * @param directory for temporary files
   * @throws CliException when it holds images and there is no extractor for them
   */
  static MetricsSide open(
      Path path,
      Optional<ExtractorFile> extractor,
      Optional<ImageShape> shape,
      NDManager manager,
      Path directory)
      throws IOException {
    if (!Files.exists(path)) {
      throw CliException.usage(path + " does not exist");
    }
    boolean npz = path.toString().toLowerCase(Locale.ROOT).endsWith(".npz");
    if (npz && Files.isRegularFile(path)) {
      Optional<MetricsSide> features = features(path, manager, directory);
      if (features.isPresent()) {
        return features.get();
      }
    }
    if (extractor.isEmpty()) {
      throw CliException.usage(
          path + " holds images: name what turns them into features with --extractor FILE[/MODE]");
    }
    return new MetricsSide(
        path,
        Optional.of(ImageSource.read(path, shape)),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        true,
        Optional.empty());
  }

  /** Features or statistics of a file; empty when it holds images. */
  private static Optional<MetricsSide> features(Path path, NDManager manager, Path directory)
      throws IOException {
    Set<String> names = new TreeSet<>();
    NpzFile.read(
        path,
        name -> {
          names.add(name);
          return false;
        });
    if (names.containsAll(List.of("mu", "sigma"))) {
      ReferenceFeatures read = ReferenceFeatures.load(path, directory);
      Optional<String> space = read.provenance().map(ReferenceFeatures.Provenance::extractor);
      if (read.provenance().map(ReferenceFeatures.Provenance::augmented).orElse(false)) {
        throw CliException.usage(
            path + " holds statistics of augmented images: compute them of the images as they are");
      }
      return Optional.of(
          new MetricsSide(
              path,
              Optional.empty(),
              read.rows(),
              Optional.of(read.statistics()),
              space,
              space.isPresent(),
              Optional.empty()));
    }
    if (names.contains("images")) {
      return Optional.empty();
    }
    Map<String, RawTensor> arrays = NpzFile.read(path);
    Optional<FeatureSet> features = FeatureSet.in(path, arrays, manager);
    if (features.isPresent()) {
      Optional<String> space = features.get().extractor();
      return Optional.of(
          new MetricsSide(
              path,
              Optional.empty(),
              Optional.of(FeatureRows.of(features.get().features())),
              Optional.empty(),
              space,
              space.isPresent(),
              Optional.empty()));
    }
    throw new DatasetException(
        path, "it holds %s; expected 'images', 'features', or 'mu' and 'sigma'".formatted(names));
  }

  /** Images that it stands for; {@link FeatureStatistics#UNKNOWN_COUNT} when nobody knows. */
  long count() {
    return images
        .map(i -> (long) i.size())
        .or(() -> known.map(FeatureStatistics::count))
        .orElseGet(() -> (long) rows.orElseThrow().count());
  }

  /** Features of one image; not known before images are measured. */
  int dimensions() {
    return known
        .map(FeatureStatistics::dimensions)
        .orElseGet(() -> rows.orElseThrow().dimensions());
  }

  /** What scores are made of, read block by block. */
  SpaceScoring.Side side(NDManager manager) {
    return new SpaceScoring.Side(known.orElseGet(() -> statistics(manager)), rows);
  }

  private FeatureStatistics statistics(NDManager manager) {
    FeatureRows all = rows.orElseThrow();
    try (StatisticsAccumulator sums = new StatisticsAccumulator(manager, all.dimensions())) {
      for (int from = 0; from < all.count(); from += BLOCK) {
        try (NDManager step = manager.newSubManager()) {
          sums.add(all.block(step, from, Math.min(all.count(), from + BLOCK)));
        } catch (IllegalArgumentException e) {
          throw CliException.failed(path + ": " + e.getMessage());
        }
      }
      return sums.finish();
    }
  }

  /** Refuses features of another space. */
  void requireSpace(String wanted) {
    if (space.isPresent() && !space.get().equals(wanted)) {
      throw CliException.usage(
          "%s holds features of '%s', but the extractor is '%s': they cannot be compared"
              .formatted(path, space.get(), wanted));
    }
  }

  /**
   * Refuses fewer images than a covariance of full rank needs.
   *
   * @param covariance whether one is needed
   */
  void requireEnough(int dimensions, boolean covariance) {
    if (images.isEmpty() && dimensions() != dimensions) {
      throw CliException.usage(
          "%s holds features of %d dimensions, the other side has %d"
              .formatted(path, dimensions(), dimensions));
    }
    int least = covariance ? Math.max(2, dimensions) : 2;
    if (count() < least && count() != FeatureStatistics.UNKNOWN_COUNT) {
      throw CliException.usage(
          "%s holds %d images, too few for %d feature dimensions: use at least %d"
              .formatted(path, count(), dimensions, least));
    }
  }

  /**
   * The same side with its images measured.
   *
   * @param classes whether class probabilities are wanted too
   */
  MetricsSide measure(
      NDManager manager, FeatureExtractor extractor, Options options, boolean classes)
      throws IOException {
    if (images.isEmpty()) {
      return this;
    }
    ByteImages all = images.get();
    Optional<InceptionScore> score =
        classes && extractor instanceof Classifier classifier
            ? Optional.of(new InceptionScore(classifier.classes(), InceptionScore.SPLIT))
            : Optional.empty();
    FeatureFile file = FeatureFile.temporary(options.directory(), extractor.dimensions());
    try (LocalRun.Bar bar = new LocalRun.Bar(options.main(), path.getFileName().toString())) {
      for (int from = 0; from < all.size(); from += options.batch()) {
        int to = Math.min(all.size(), from + options.batch());
        int[] indices = IntStream.range(from, to).toArray();
        float[] vectors =
            Autograd.off(
                () -> {
                  try (NDManager scope = manager.newSubManager()) {
                    NDArray batch = all.batch(scope, indices);
                    if (score.isEmpty()) {
                      return extractor.features(batch).toFloatArray();
                    }
                    Classifier.Classified both = ((Classifier) extractor).classify(batch);
                    score.get().add(both.probabilities().toFloatArray());
                    return both.features().toFloatArray();
                  }
                });
        requireFinite(vectors, from, extractor.dimensions());
        file.add(vectors);
        bar.progress(to, all.size());
      }
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
    return new MetricsSide(
        path,
        Optional.empty(),
        Optional.of(file),
        Optional.empty(),
        Optional.of(extractor.name()),
        true,
        score.map(InceptionScore::finish));
  }

  /**
   * How images are measured.
   *
   * @param batch images at once
   * @param directory for temporary files
   * @param main whose terminal shows the progress
   */
  record Options(int batch, Path directory, Main main) {}

  private void requireFinite(float[] vectors, int from, int dimensions) {
    for (int i = 0; i < vectors.length; i++) {
      if (!Float.isFinite(vectors[i])) {
        throw CliException.failed(
            "feature %d of image %d of %s is not finite"
                .formatted(i % dimensions, from + i / dimensions, path));
      }
    }
  }

  @Override
  public void close() {
    if (rows.isPresent() && rows.get() instanceof FeatureFile file) {
      file.close();
    }
  }
}
