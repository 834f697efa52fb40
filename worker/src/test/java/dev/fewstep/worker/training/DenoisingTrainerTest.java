package dev.fewstep.worker.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.diffusion.NoiseSchedule;
import dev.fewstep.worker.diffusion.PredictionType;
import dev.fewstep.worker.diffusion.UNet;
import dev.fewstep.worker.diffusion.UNetConfig;
import dev.fewstep.worker.tensor.TorchEngine;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DenoisingTrainerTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    TorchEngine.setThreads(1);
    manager = TorchEngine.newManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private DenoisingTrainer trainer(UNet net, int iterations, int shards) {
    return new DenoisingTrainer(
        net,
        NoiseSchedule.ddpm(),
        Tiny.waves(20, 8),
        new DenoisingSettings(
            iterations, 8, new LearningRate(3e-3, 3, iterations), 1, 0.9, true, 4),
        shards,
        manager);
  }

  @Test
  void aNetworkThatSaysNothingHasTheLossOfItsTarget() {
    UNetConfig config =
        new UNetConfig(8, 1, 8, List.of(1), 1, List.of(), 4, 0, 1, PredictionType.EPSILON);
    try (UNet net = UNet.initialise(config, manager, 1, true);
        DenoisingTrainer trainer =
            new DenoisingTrainer(
                net,
                NoiseSchedule.ddpm(),
                Tiny.waves(64, 8),
                new DenoisingSettings(1, 64, new LearningRate(1e-3, 0, 0), 1, 0, false, 4),
                2,
                manager)) {
      // Mean of 4096 squared normal numbers: 1 with a standard deviation of 0.022.
      assertThat(trainer.step().loss()).isCloseTo(1, within(0.1));
    }
  }

  /** The loss on 256 draws of one image that are always the same; the network is left as it is. */
  private double loss(UNet net) {
    UNet copy = UNet.load(net.config(), manager, net.parameters());
    try (copy;
        DenoisingTrainer judge =
            new DenoisingTrainer(
                copy,
                NoiseSchedule.ddpm(),
                Tiny.waves(1, 8),
                new DenoisingSettings(1, 256, new LearningRate(1e-9, 0, 0), 1, 0, false, 77),
                2,
                manager)) {
      return judge.step().loss();
    }
  }

  /**
   * Judged before and after on the same draws, so that nothing but the weights differs; and against
   * a network that says nothing, so that shrinking the output does not count as learning.
   */
  @Test
  void learns() {
    try (UNet net = Tiny.net(manager, 0, PredictionType.V);
        UNet silent = UNet.initialise(net.config(), manager, 1, true);
        DenoisingTrainer trainer =
            new DenoisingTrainer(
                net,
                NoiseSchedule.ddpm(),
                Tiny.waves(1, 8),
                new DenoisingSettings(80, 16, new LearningRate(1e-2, 5, 80), 1, 0, false, 4),
                1,
                manager)) {
      double before = loss(net);
      for (int i = 0; i < 80; i++) {
        trainer.step();
      }
      assertThat(loss(net)).isLessThan(0.5 * before).isLessThan(0.5 * loss(silent));
    }
  }

  @Test
  void aStepDoesNotDependOnTheShards() {
    try (UNet one = Tiny.net(manager, 0.1, PredictionType.V);
        UNet two = Tiny.net(manager, 0.1, PredictionType.V);
        DenoisingTrainer whole = trainer(one, 2, 1);
        DenoisingTrainer split = trainer(two, 2, 3)) {
      StepReport a = whole.step();
      StepReport b = split.step();
      assertThat(b.loss()).isCloseTo(a.loss(), within(1e-6));
      assertThat(b.gradientNorm()).isCloseTo(a.gradientNorm(), within(1e-5 * a.gradientNorm()));
    }
  }

  @Test
  void resumedTrainingIsBitEqualToUninterrupted() {
    try (UNet a = Tiny.net(manager, 0.1, PredictionType.V);
        UNet b = Tiny.net(manager, 0.1, PredictionType.V);
        DenoisingTrainer whole = trainer(a, 5, 2);
        DenoisingTrainer first = trainer(b, 5, 2)) {
      for (int i = 0; i < 5; i++) {
        whole.step();
      }
      first.step();
      first.step();
      Map<String, NDArray> stored = new LinkedHashMap<>();
      first.checkpoint().forEach((name, array) -> stored.put(name, array.duplicate()));
      first.step();
      try (UNet d = Tiny.net(manager, 0.1, PredictionType.V);
          DenoisingTrainer second = trainer(d, 5, 2)) {
        second.restore(stored);
        while (second.iteration() < second.iterations()) {
          second.step();
        }
        Map<String, float[]> expected = Tiny.copy(whole.checkpoint());
        Map<String, float[]> actual = Tiny.copy(second.checkpoint());
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        expected.forEach((name, values) -> assertThat(actual.get(name)).as(name).isEqualTo(values));
      }
    }
  }

  @Test
  void memoryStaysFlatOverManySteps() {
    try (UNet net = Tiny.net(manager, 0, PredictionType.V);
        DenoisingTrainer trainer = trainer(net, 1000, 2)) {
      for (int i = 0; i < 10; i++) {
        trainer.step();
      }
      int arrays = manager.getManagedArrays().size();
      for (int i = 0; i < 60; i++) {
        trainer.step();
      }
      assertThat(manager.getManagedArrays()).hasSize(arrays);
      assertThat(arrays).isPositive();
    }
  }
}
