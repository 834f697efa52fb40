package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNullElse;

import java.util.Optional;

/**
 * Optimisation of an MMD finetune with torch's Adam.
 *
 * @param iterations optimiser updates
 * @param learningRate after the warm-up
 * @param warmup updates of linear warm-up; by default 10, and 0 with published parity
 * @param schedule how the rate goes on, default constant
 * @param decayEvery updates between the steps of a step schedule
 * @param decayFactor factor of each of its steps, in (0, 1]
 * @param finalRate where linear and cosine schedules end, as a part of the learning rate, in [0, 1)
 * @param clipNorm bound on the gradient's global L2 norm
 * @param ema decay of the averaged weights in [0, 1); 0 keeps the last ones
 * @param beta1 decay of Adam's first moment in [0, 1)
 * @param beta2 decay of Adam's second moment in [0, 1)
 * @param eps added to Adam's denominator
 * @param weightDecay factor of the weights that is added to the gradient (torch's Adam)
 * @param parity whose training is followed, default none
 * @param accumulate with published parity: mini-batches for an update
 * @param gradientFlowEvery updates between records of the gradient's flow; 0 for none
 * @param validation watching and ending early
 * @param checkpointEvery steps between checkpoints; determines no result
 */
public record TrainingSpec(
    Integer iterations,
    Double learningRate,
    Integer warmup,
    LearningRateKind schedule,
    Optional<Integer> decayEvery,
    Double decayFactor,
    Double finalRate,
    Double clipNorm,
    Double ema,
    Double beta1,
    Double beta2,
    Double eps,
    Double weightDecay,
    ParityKind parity,
    Integer accumulate,
    Integer gradientFlowEvery,
    Optional<ValidationSpec> validation,
    Integer checkpointEvery) {
  public TrainingSpec {
    parity = requireNonNullElse(parity, ParityKind.NONE);
    iterations = requireNonNullElse(iterations, 50);
    learningRate = requireNonNullElse(learningRate, 2e-5);
    warmup = requireNonNullElse(warmup, parity == ParityKind.PUBLISHED ? 0 : 10);
    schedule = requireNonNullElse(schedule, LearningRateKind.CONSTANT);
    decayEvery = decayEvery == null ? Optional.empty() : decayEvery;
    decayFactor = requireNonNullElse(decayFactor, 0.1);
    finalRate = requireNonNullElse(finalRate, 0.0);
    clipNorm = requireNonNullElse(clipNorm, 1.0);
    ema = requireNonNullElse(ema, 0.0);
    beta1 = requireNonNullElse(beta1, 0.9);
    beta2 = requireNonNullElse(beta2, 0.999);
    eps = requireNonNullElse(eps, 1e-8);
    weightDecay = requireNonNullElse(weightDecay, 0.0);
    accumulate = requireNonNullElse(accumulate, 1);
    gradientFlowEvery = requireNonNullElse(gradientFlowEvery, 0);
    validation = validation == null ? Optional.empty() : validation;
    checkpointEvery = requireNonNullElse(checkpointEvery, 10);
    require(iterations >= 1, "iterations must be positive, not %s", iterations);
    require(learningRate > 0, "learningRate must be positive, not %s", learningRate);
    require(warmup >= 0, "warmup must not be negative, not %s", warmup);
    decayEvery.ifPresent(
        every -> require(every >= 1, "decayEvery must be positive, not %s", every));
    require(
        decayFactor > 0 && decayFactor <= 1, "decayFactor must be in (0, 1], not %s", decayFactor);
    require(finalRate >= 0 && finalRate < 1, "finalRate must be in [0, 1), not %s", finalRate);
    require(clipNorm > 0, "clipNorm must be positive, not %s", clipNorm);
    require(ema >= 0 && ema < 1, "ema must be in [0, 1), not %s", ema);
    require(beta1 >= 0 && beta1 < 1, "beta1 must be in [0, 1), not %s", beta1);
    require(beta2 >= 0 && beta2 < 1, "beta2 must be in [0, 1), not %s", beta2);
    require(eps > 0, "eps must be positive, not %s", eps);
    require(weightDecay >= 0, "weightDecay must not be negative, not %s", weightDecay);
    require(accumulate >= 1, "accumulate must be positive, not %s", accumulate);
    require(
        gradientFlowEvery >= 0,
        "gradientFlowEvery must not be negative, not %s",
        gradientFlowEvery);
    require(checkpointEvery >= 1, "checkpointEvery must be positive, not %s", checkpointEvery);
    require(
        schedule != LearningRateKind.STEP || decayEvery.isPresent(),
        "decayEvery is required by schedule: step");
    if (parity == ParityKind.PUBLISHED) {
      require(
          ema == 0, "ema must be 0 with parity: published, which averages nothing, not %s", ema);
      require(
          warmup == 0,
          "warmup must be 0 with parity: published, whose rate is constant, not %s",
          warmup);
      require(
          schedule == LearningRateKind.CONSTANT,
          "schedule must be constant with parity: published");
    } else {
      require(
          accumulate == 1,
          "accumulate belongs to parity: published; otherwise raise mmdBatch, whose memory"
              + " microBatch bounds");
    }
  }

  /** Every field at its default. */
  public static TrainingSpec defaults() {
    return new TrainingSpec(
        null,
        null,
        null,
        null,
        Optional.empty(),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        Optional.empty(),
        null);
  }

  /** With the usual fields given and every other at its default. */
  public static TrainingSpec of(
      int iterations,
      double learningRate,
      int warmup,
      double clipNorm,
      double ema,
      int checkpointEvery) {
    return new TrainingSpec(
        iterations,
        learningRate,
        warmup,
        null,
        Optional.empty(),
        null,
        null,
        clipNorm,
        ema,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        Optional.empty(),
        checkpointEvery);
  }

  /** The same with another number of iterations. */
  public TrainingSpec withIterations(int count) {
    return new TrainingSpec(
        count,
        learningRate,
        warmup,
        schedule,
        decayEvery,
        decayFactor,
        finalRate,
        clipNorm,
        ema,
        beta1,
        beta2,
        eps,
        weightDecay,
        parity,
        accumulate,
        gradientFlowEvery,
        validation,
        checkpointEvery);
  }

  /** The same without the name of a validation dataset, which is no part of a task. */
  public TrainingSpec nameless() {
    return new TrainingSpec(
        iterations,
        learningRate,
        warmup,
        schedule,
        decayEvery,
        decayFactor,
        finalRate,
        clipNorm,
        ema,
        beta1,
        beta2,
        eps,
        weightDecay,
        parity,
        accumulate,
        gradientFlowEvery,
        validation.map(ValidationSpec::nameless),
        checkpointEvery);
  }
}
