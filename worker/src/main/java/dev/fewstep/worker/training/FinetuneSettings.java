package dev.fewstep.worker.training;

/**
 * How a denoiser is finetuned.
 *
 * @param iterations optimiser steps, at least 1
 * @param mmdBatch images on either side of the estimator, at least 2
 * @param microBatch images that are sampled and replayed at once, in [1, mmdBatch]; the result does
 *     not depend on it
 * @param learningRate over steps
 * @param clipNorm bound on the global gradient norm, above 0
 * @param emaDecay decay of the averaged weights in [0, 1); 0 keeps none
 * @param flip whether real images are mirrored at random
 * @param seed of every random draw
 */
public record FinetuneSettings(
    int iterations,
    int mmdBatch,
    int microBatch,
    LearningRate learningRate,
    double clipNorm,
    double emaDecay,
    boolean flip,
    long seed) {
  /** Checks. */
  public FinetuneSettings {
    if (iterations < 1 || mmdBatch < 2) {
      throw new IllegalArgumentException(
          "iterations must be at least 1 and mmdBatch at least 2: " + iterations + ", " + mmdBatch);
    }
    if (microBatch < 1 || microBatch > mmdBatch) {
      throw new IllegalArgumentException(
          "microBatch must be in [1, mmdBatch] = [1, " + mmdBatch + "] but is " + microBatch);
    }
    if (!(clipNorm > 0)) {
      throw new IllegalArgumentException("clipNorm must be positive but is " + clipNorm);
    }
    if (!(emaDecay >= 0 && emaDecay < 1)) {
      throw new IllegalArgumentException("emaDecay must be in [0, 1) but is " + emaDecay);
    }
  }
}
