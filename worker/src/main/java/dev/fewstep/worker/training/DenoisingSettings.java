package dev.fewstep.worker.training;

/**
 * How a denoiser is pretrained.
 *
 * @param iterations optimiser steps, at least 1
 * @param batch images per step, at least 1
 * @param learningRate over steps
 * @param clipNorm bound on the global gradient norm, above 0
 * @param emaDecay decay of the averaged weights in [0, 1); 0 keeps none
 * @param flip whether images are mirrored at random
 * @param seed of every random draw
 */
public record DenoisingSettings(
    int iterations,
    int batch,
    LearningRate learningRate,
    double clipNorm,
    double emaDecay,
    boolean flip,
    long seed) {
  /** Checks. */
  public DenoisingSettings {
    if (iterations < 1 || batch < 1) {
      throw new IllegalArgumentException(
          "iterations and batch must be at least 1: " + iterations + ", " + batch);
    }
  }

  OptimisationSettings optimisation() {
    return new OptimisationSettings(learningRate, clipNorm, emaDecay, true, AdamSettings.TORCH);
  }
}
