package dev.fewstep.cli.local;

import ai.djl.ndarray.NDManager;
import dev.fewstep.cli.CliException;
import dev.fewstep.cli.Main;
import dev.fewstep.worker.checkpoint.NpzFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.DatasetException;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.evaluation.FeatureStatistics;
import dev.fewstep.worker.features.FeatureExtractor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One side of a comparison: images still to be measured, features, or statistics alone.
 *
 * @param path where it came from
 * @param images images, until they are measured
 * @param features features, unless only statistics are known
 * @param known statistics that a file holds
 * @param eightBit whether the features are known to be of 8-bit images
 */
record MetricsSide(
    Path path,
    Optional<ByteImages> images,
    Optional<FeatureSet> features,
    Optional<FeatureStatistics> known,
    boolean eightBit) {

  /**
   * Opens a path by what it is.
   *
   * @throws CliException when it holds images and there is no extractor for them
   */
  static MetricsSide open(
      Path path, Optional<ExtractorFile> extractor, Optional<ImageShape> shape, NDManager manager)
      throws IOException {
    if (!Files.exists(path)) {
      throw CliException.usage(path + " does not exist");
    }
    boolean npz = path.toString().toLowerCase(Locale.ROOT).endsWith(".npz");
    if (npz && Files.isRegularFile(path)) {
      Map<String, RawTensor> arrays = NpzFile.read(path);
      Optional<FeatureSet> features = FeatureSet.in(path, arrays, manager);
      if (features.isPresent()) {
        boolean ours = features.get().extractor().isPresent();
        return new MetricsSide(path, Optional.empty(), features, Optional.empty(), ours);
      }
      if (arrays.containsKey("mu") && arrays.containsKey("sigma")) {
        FeatureStatistics known = FeatureStatistics.load(path);
        return new MetricsSide(path, Optional.empty(), Optional.empty(), Optional.of(known), false);
      }
      if (!arrays.containsKey("images")) {
        throw new DatasetException(
            path,
            "it holds %s; expected 'images', 'features', or 'mu' and 'sigma'"
                .formatted(arrays.keySet()));
      }
    }
    if (extractor.isEmpty()) {
      throw CliException.usage(
          path + " holds images: name what turns them into features with --extractor FILE[/MODE]");
    }
    ByteImages images = ImageSource.read(path, shape);
    return new MetricsSide(path, Optional.of(images), Optional.empty(), Optional.empty(), true);
  }

  /** Name of the space that its features are known to be of. */
  Optional<String> measured() {
    return features.flatMap(FeatureSet::extractor);
  }

  /** Images that it stands for. */
  long count() {
    return images
        .map(i -> (long) i.size())
        .or(() -> features.map(f -> (long) f.count()))
        .orElseGet(() -> known.orElseThrow().count());
  }

  /** Features of one image; not known before images are measured. */
  int dimensions() {
    return features.map(FeatureSet::dimensions).orElseGet(() -> known.orElseThrow().dimensions());
  }

  /** What a Fréchet distance needs. */
  FeatureStatistics statistics() {
    return known.orElseGet(() -> FeatureStatistics.of(features.orElseThrow().features()));
  }

  /** Refuses features of another space. */
  void requireSpace(String space) {
    if (measured().isPresent() && !measured().get().equals(space)) {
      throw CliException.usage(
          "%s holds features of '%s', but the extractor is '%s': they cannot be compared"
              .formatted(path, measured().get(), space));
    }
  }

  /** Refuses fewer images than dimensions: their covariance is singular. */
  void requireEnough(int dimensions) {
    if (images.isEmpty() && dimensions() != dimensions) {
      throw CliException.usage(
          "%s holds features of %d dimensions, the other side has %d"
              .formatted(path, dimensions(), dimensions));
    }
    if (count() < Math.max(2, dimensions)) {
      throw CliException.usage(
          "%s holds %d images, too few for %d feature dimensions: use at least %d"
              .formatted(path, count(), dimensions, Math.max(2, dimensions)));
    }
  }

  /** The same side with its images measured. */
  MetricsSide measure(NDManager manager, FeatureExtractor extractor, int batch, Main main) {
    if (images.isEmpty()) {
      return this;
    }
    ByteImages all = images.get();
    try (LocalRun.Bar bar = new LocalRun.Bar(main, path.getFileName().toString())) {
      FeatureSet measured =
          FeatureSet.extract(
              manager, extractor, all, batch, done -> bar.progress(done, all.size()));
      return new MetricsSide(path, Optional.empty(), Optional.of(measured), Optional.empty(), true);
    }
  }
}
