package dev.fewstep.worker.features;

import ai.djl.ndarray.NDArray;

/** An extractor whose network also classifies, which is what an Inception Score needs. */
public interface Classifier extends FeatureExtractor {
  /**
   * Both results of one pass; each belongs to the manager of the images.
   *
   * @param features float32 (N, dimensions())
   * @param probabilities float32 (N, classes()), each row sums to 1
   */
  record Classified(NDArray features, NDArray probabilities) {}

  /** Number of classes: 1008 of FID's Inception-v3, 1000 of torchvision's networks. */
  int classes();

  /**
   * Features and class probabilities. Those of FID's Inception-v3 leave the bias of the last layer
   * out, as the Inception Score's published code does; others keep it.
   *
   * @param images as for {@link #features}
   */
  Classified classify(NDArray images);
}
