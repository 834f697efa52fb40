package dev.fewstep.worker.task.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.evaluation.StatisticsAccumulator;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.Tensors;
import dev.fewstep.worker.tensor.UntrustedScriptException;
import java.io.IOException;
import java.nio.file.Path;

/** Feature extractors by file and mode, and their features of batches. */
public final class Extractors {
  private Extractors() {}

  /**
   * Loads an extractor to measure images with.
   *
   * @param file an imported extractor
   * @param mode its mode, empty for the default
   * @param image shape of the images that it will be given
   * @param manager owner of the parameters; its device is where it runs
   * @throws TaskFailure when it has no such mode, or is code that this worker does not trust
   */
  public static FeatureExtractor load(Path file, String mode, ImageShape image, NDManager manager)
      throws IOException {
    try {
      return dev.fewstep.worker.features.Extractors.open(file, mode, image, manager);
    } catch (UntrustedScriptException e) {
      throw new TaskFailure(FailureCode.BAD_INPUT, e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(FailureCode.INVALID_SPEC, e.getMessage(), e);
    }
  }

  /**
   * Loads an extractor to train on; otherwise as {@link #load}.
   *
   * @throws TaskFailure also when its features have no gradient in this mode
   */
  public static FeatureExtractor loadForLoss(
      Path file, String mode, ImageShape image, NDManager manager) throws IOException {
    FeatureExtractor extractor = load(file, mode, image, manager);
    if (!extractor.traits().differentiable()) {
      extractor.close();
      throw new TaskFailure(
          FailureCode.INVALID_SPEC,
          "The feature space "
              + extractor.name()
              + " has no gradient, because its images pass through 8 bits: it can be scored in but"
              + " not trained on.");
    }
    return extractor;
  }

  /** Features of real images by index, row by row. */
  static float[] features(
      FeatureExtractor extractor, ImageDataset images, int from, int count, NDManager parent) {
    return Autograd.off(
        () -> {
          try (NDManager scope = parent.newSubManager()) {
            NDArray batch =
                images
                    .batch(scope, ReferenceProgram.range(from, count))
                    .toDevice(scope.getDevice(), false);
            return features(extractor, batch);
          }
        });
  }

  /** Features of images, row by row; the images' manager is closed by the caller. */
  static float[] features(FeatureExtractor extractor, NDArray images) {
    try (NDArray features = extractor.features(images)) {
      return features.toFloatArray();
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(
          FailureCode.INVALID_SPEC,
          "The extractor " + extractor.name() + " cannot take the images: " + e.getMessage() + ".",
          e);
    }
  }

  /** Adds rows of features to statistics. */
  static void add(
      StatisticsAccumulator accumulator, float[] features, int dimensions, NDManager parent) {
    try (NDManager scope = parent.newSubManager()) {
      accumulator.add(
          Tensors.of(scope, features, new Shape(features.length / dimensions, dimensions)));
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(FailureCode.NOT_FINITE, e.getMessage(), e);
    }
  }
}
