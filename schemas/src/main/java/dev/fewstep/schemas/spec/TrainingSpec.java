package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNullElse;

/**
 * Optimisation of an MMD finetune: torch's Adam with betas (0.9, 0.999), eps 1e-8.
 *
 * @param iterations optimiser steps
 * @param learningRate after the warm-up
 * @param warmup steps of linear warm-up
 * @param clipNorm bound on the gradient's global L2 norm
 * @param ema decay of the averaged weights in [0, 1); 0 keeps the last ones
 * @param checkpointEvery steps between checkpoints; determines no result
 */
public record TrainingSpec(
    Integer iterations,
    Double learningRate,
    Integer warmup,
    Double clipNorm,
    Double ema,
    Integer checkpointEvery) {
  public TrainingSpec {
    iterations = requireNonNullElse(iterations, 50);
    learningRate = requireNonNullElse(learningRate, 2e-5);
    warmup = requireNonNullElse(warmup, 10);
    clipNorm = requireNonNullElse(clipNorm, 1.0);
    ema = requireNonNullElse(ema, 0.0);
    checkpointEvery = requireNonNullElse(checkpointEvery, 10);
    require(iterations >= 1, "iterations must be positive, not %s", iterations);
    require(learningRate > 0, "learningRate must be positive, not %s", learningRate);
    require(warmup >= 0, "warmup must not be negative, not %s", warmup);
    require(clipNorm > 0, "clipNorm must be positive, not %s", clipNorm);
    require(ema >= 0 && ema < 1, "ema must be in [0, 1), not %s", ema);
    require(checkpointEvery >= 1, "checkpointEvery must be positive, not %s", checkpointEvery);
  }
}
