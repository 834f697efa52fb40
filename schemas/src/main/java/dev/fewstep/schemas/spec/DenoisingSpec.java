package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNullElse;

/**
 * DDPM training (2006.11239, algorithm 1).
 *
 * @param iterations optimiser steps
 * @param batch images a step
 * @param learningRate peak of the schedule
 * @param warmup steps of linear warm-up
 * @param cosine whether the rate then falls to 0 along a cosine; otherwise constant
 * @param clipNorm bound on the gradient's global L2 norm
 * @param ema decay of the averaged weights in [0, 1); 0 keeps the last ones
 * @param flip whether images are mirrored at random
 * @param checkpointEvery steps between checkpoints; determines no result
 */
public record DenoisingSpec(
    Integer iterations,
    Integer batch,
    Double learningRate,
    Integer warmup,
    Boolean cosine,
    Double clipNorm,
    Double ema,
    Boolean flip,
    Integer checkpointEvery) {
  public DenoisingSpec {
    iterations = requireNonNullElse(iterations, 1000);
    batch = requireNonNullElse(batch, 128);
    learningRate = requireNonNullElse(learningRate, 1e-3);
    warmup = requireNonNullElse(warmup, 100);
    cosine = requireNonNullElse(cosine, true);
    clipNorm = requireNonNullElse(clipNorm, 1.0);
    ema = requireNonNullElse(ema, 0.999);
    flip = requireNonNullElse(flip, false);
    checkpointEvery = requireNonNullElse(checkpointEvery, 500);
    require(iterations >= 1, "iterations must be positive, not %s", iterations);
    require(batch >= 1, "batch must be positive, not %s", batch);
    require(learningRate > 0, "learningRate must be positive, not %s", learningRate);
    require(warmup >= 0, "warmup must not be negative, not %s", warmup);
    require(clipNorm > 0, "clipNorm must be positive, not %s", clipNorm);
    require(ema >= 0 && ema < 1, "ema must be in [0, 1), not %s", ema);
    require(checkpointEvery >= 1, "checkpointEvery must be positive, not %s", checkpointEvery);
  }
}
