package dev.fewstep.worker.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.diffusion.NoiseSchedule;
import dev.fewstep.worker.diffusion.OpenAiConfig;
import dev.fewstep.worker.diffusion.OpenAiUNet;
import dev.fewstep.worker.diffusion.PredictionType;
import dev.fewstep.worker.diffusion.RescaledDenoiser;
import dev.fewstep.worker.diffusion.Timesteps;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.mmd.Kernel;
import dev.fewstep.worker.mmd.MmdEstimator;
import dev.fewstep.worker.mmd.MmdLoss;
import dev.fewstep.worker.tensor.TorchEngine;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Finetuning of a class-conditional OpenAI U-Net with rescaled timesteps. */
class ConditionalFinetuneTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = TorchEngine.newManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private record Step(double loss, Map<String, float[]> moments, int labels) {}

  private Step step(int microBatch, int shards, int label) {
    OpenAiConfig config =
        new OpenAiConfig(
            8,
            1,
            8,
            List.of(1, 2),
            1,
            List.of(4),
            4,
            0.1,
            PredictionType.EPSILON,
            OpenAiConfig.Resample.RESIDUAL,
            true,
            2,
            0,
            true,
            true,
            5);
    SamplingPlan plan = new SamplingPlan(NoiseSchedule.cosine(40), Timesteps.ddim(2, 40), 0, label);
    try (OpenAiUNet net = OpenAiUNet.initialise(config, manager, 3, false);
        FeatureExtractor extractor = Tiny.randomExtractor(manager.newSubManager());
        MmdFinetuner finetuner =
            new MmdFinetuner(
                RescaledDenoiser.of(net, 40),
                plan,
                new MmdFinetuner.Objective(
                    Tiny.waves(13, 8),
                    extractor,
                    new MmdLoss(Kernel.cubic(), MmdEstimator.UNBIASED)),
                new FinetuneSettings(
                    2, 6, microBatch, new LearningRate(1e-4, 2, 0), 1, 0.5, true, 1),
                shards,
                manager)) {
      double loss = finetuner.step().loss();
      Map<String, NDArray> moments = new LinkedHashMap<>(finetuner.checkpoint());
      moments.keySet().removeIf(name -> !name.startsWith("adam.m."));
      Map<String, float[]> copy = Tiny.copy(moments);
      return new Step(loss, copy, rowsWithGradient(copy.get("adam.m.label_emb.weight")));
    }
  }

  private static int rowsWithGradient(float[] embedding) {
    int rows = 0;
    for (int row = 0; row < 5; row++) {
      boolean any = false;
      for (int i = 0; i < 32; i++) {
        any |= embedding[row * 32 + i] != 0;
      }
      rows += any ? 1 : 0;
    }
    return rows;
  }

  @Test
  void drawsLabelsByImageSoThatMicroBatchesDoNotMatter() {
    Step whole = step(6, 1, -1);
    Step parts = step(2, 2, -1);
    assertThat(parts.loss()).isCloseTo(whole.loss(), within(1e-6));
    assertThat(Tiny.relative(parts.moments(), whole.moments())).isLessThan(1e-5);
    assertThat(whole.labels()).isGreaterThan(1);
  }

  @Test
  void trainsOneClassAlone() {
    assertThat(step(3, 1, 4).labels()).isEqualTo(1);
  }
}
