package dev.fewstep.worker.task.program;

import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.spec.ParityKind;
import dev.fewstep.schemas.spec.TrainingSpec;
import dev.fewstep.schemas.task.FinetuneTask;
import dev.fewstep.worker.training.AdamSettings;
import dev.fewstep.worker.training.FinetuneSettings;
import dev.fewstep.worker.training.LearningRate;
import dev.fewstep.worker.training.ValidationSettings;
import java.util.OptionalInt;

/** How the specification of a finetune becomes its settings. */
final class FinetunePlans {
  private FinetunePlans() {}

  /**
   * The settings.
   *
   * @throws TaskFailure when its numbers make none
   */
  static FinetuneSettings settings(FinetuneTask spec) {
    TrainingSpec training = spec.training();
    try {
      return new FinetuneSettings(
          training.iterations(),
          spec.loss().mmdBatch(),
          spec.loss().microBatch(),
          rate(training),
          training.clipNorm(),
          training.ema(),
          spec.flip(),
          spec.seed(),
          new AdamSettings(
              training.beta1(), training.beta2(), training.eps(), training.weightDecay()),
          training.parity() == ParityKind.PUBLISHED
              ? OptionalInt.of(training.accumulate())
              : OptionalInt.empty(),
          GradientFlowLog.every(training.gradientFlowEvery(), training.iterations()),
          training
              .validation()
              .map(
                  watched ->
                      new ValidationSettings(
                          watched.every(), watched.samples(), watched.patience())));
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(FailureCode.INVALID_SPEC, e.getMessage() + ".", e);
    }
  }

  private static LearningRate rate(TrainingSpec training) {
    LearningRate.Decay decay =
        switch (training.schedule()) {
          case CONSTANT -> new LearningRate.Constant();
          case LINEAR -> new LearningRate.Linear(training.iterations(), training.finalRate());
          case COSINE -> new LearningRate.Cosine(training.iterations(), training.finalRate());
          case STEP ->
              new LearningRate.Steps(training.decayEvery().orElseThrow(), training.decayFactor());
        };
    return new LearningRate(training.learningRate(), training.warmup(), decay);
  }
}
