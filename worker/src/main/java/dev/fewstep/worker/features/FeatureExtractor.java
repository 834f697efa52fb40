package dev.fewstep.worker.features;

import ai.djl.ndarray.NDArray;

/**
 * A frozen network that turns images into the vectors that distances between distributions are
 * measured on. Its parameters never change and never require a gradient.
 */
public interface FeatureExtractor extends AutoCloseable {
  /** Name for people, such as {@code fashion-a/multi}; a score carries it. */
  String name();

  /** Number of features of one image. */
  int dimensions();

  /**
   * Computes features, differentiably with respect to the images when the thread is in grad mode.
   *
   * @param images float32 of shape (N, C, H, W) with values in [0, 1]
   * @return float32 of shape (N, dimensions()), attached to the manager of {@code images}
   * @throws IllegalArgumentException when the extractor cannot take images of that shape
   */
  NDArray features(NDArray images);

  /** What the names of scores in this space must say of it. */
  default SpaceTraits traits() {
    return SpaceTraits.PLAIN;
  }

  /** Releases the parameters. */
  @Override
  void close();
}
