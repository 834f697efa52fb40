package dev.fewstep.worker.training;

import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.mmd.MmdLoss;

/**
 * A feature space that a loss is summed over.
 *
 * @param extractor makes the features; whoever made it closes it
 * @param loss the squared MMD in it
 * @param weight factor of its MMD in the sum, above 0
 */
public record TrainedSpace(FeatureExtractor extractor, MmdLoss loss, double weight) {
  /** Checks. */
  public TrainedSpace {
    if (!(weight > 0)) {
      throw new IllegalArgumentException("The weight must be positive but is " + weight);
    }
  }
}
