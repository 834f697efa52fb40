package dev.fewstep.worker.training;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a denoiser is finetuned.
 *
 * @param iterations optimiser updates, at least 1
 * @param mmdBatch images on either side of the estimator, at least 2
 * @param microBatch images that are sampled and replayed at once, in [1, mmdBatch]; the result does
 *     not depend on it
 * @param learningRate over updates
 * @param clipNorm bound on the global gradient norm, above 0
 * @param emaDecay decay of the averaged weights in [0, 1); 0 keeps none
 * @param flip whether real images are mirrored at random
 * @param seed of every random draw
 * @param adam the optimiser's constants
 * @param published when present, the published code's loop: epochs of mini-batches of mmdBatch
 *     images, an MMD for each divided by this number, the running gradient clipped after each, an
 *     update after so many and at the end of an epoch
 * @param flowEvery updates between records of the gradient's flow, at least 0; 0 for none
 * @param validation watching and ending early
 */
public record FinetuneSettings(
    int iterations,
    int mmdBatch,
    int microBatch,
    LearningRate learningRate,
    double clipNorm,
    double emaDecay,
    boolean flip,
    long seed,
    AdamSettings adam,
    OptionalInt published,
    int flowEvery,
    Optional<ValidationSettings> validation) {
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
    if (published.isPresent() && published.getAsInt() < 1) {
      throw new IllegalArgumentException(
          "At least 1 mini-batch makes an update, not " + published.getAsInt());
    }
    if (flowEvery < 0) {
      throw new IllegalArgumentException("flowEvery must not be negative but is " + flowEvery);
    }
  }

  /** The usual fields, with torch's Adam, one MMD for an update, no records and no validation. */
  public FinetuneSettings(
      int iterations,
      int mmdBatch,
      int microBatch,
      LearningRate learningRate,
      double clipNorm,
      double emaDecay,
      boolean flip,
      long seed) {
    this(
        iterations,
        mmdBatch,
        microBatch,
        learningRate,
        clipNorm,
        emaDecay,
        flip,
        seed,
        AdamSettings.TORCH,
        OptionalInt.empty(),
        0,
        Optional.empty());
  }

  /** With the published code's loop. */
  public FinetuneSettings withPublished(int accumulate) {
    return new FinetuneSettings(
        iterations,
        mmdBatch,
        microBatch,
        learningRate,
        clipNorm,
        emaDecay,
        flip,
        seed,
        adam,
        OptionalInt.of(accumulate),
        flowEvery,
        validation);
  }

  /** With validation. */
  public FinetuneSettings withValidation(ValidationSettings watched) {
    return new FinetuneSettings(
        iterations,
        mmdBatch,
        microBatch,
        learningRate,
        clipNorm,
        emaDecay,
        flip,
        seed,
        adam,
        published,
        flowEvery,
        Optional.of(watched));
  }

  OptimisationSettings optimisation() {
    return new OptimisationSettings(learningRate, clipNorm, emaDecay, false, adam);
  }
}
