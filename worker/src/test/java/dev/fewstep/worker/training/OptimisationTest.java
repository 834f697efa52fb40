package dev.fewstep.worker.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.tensor.TorchEngine;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptimisationTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = TorchEngine.newManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /**
   * With a constant gradient both bias-corrected moments are exact: each update is lr g / (|g| +
   * eps).
   */
  @ParameterizedTest
  @ValueSource(doubles = {2.0, 1e-3, 1e-7, 1e-8})
  void adamHasTorchsEpsEvenForTinyGradients(double gradient) {
    NDArray weight = manager.create(new double[] {3});
    Adam adam = new Adam(Map.of("w", weight), AdamSettings.TORCH, manager);
    for (int i = 0; i < 3; i++) {
      adam.update(List.of(manager.create(new double[] {gradient})), 1e-3);
    }
    assertThat(weight.getDouble())
        .isCloseTo(3 - 3 * 1e-3 * gradient / (gradient + 1e-8), within(1e-12));
  }

  @Test
  void adamFollowsItsDefinitionForChangingGradients() {
    double[] gradients = {0.5, -1.5, 0.1, 4};
    NDArray weight = manager.create(new double[] {1});
    Adam adam = new Adam(Map.of("w", weight), AdamSettings.TORCH, manager);
    double expected = 1;
    double m = 0;
    double v = 0;
    for (int t = 1; t <= gradients.length; t++) {
      double g = gradients[t - 1];
      adam.update(List.of(manager.create(new double[] {g})), 0.01);
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      expected -=
          0.01 * (m / (1 - Math.pow(0.9, t))) / (Math.sqrt(v / (1 - Math.pow(0.999, t))) + 1e-8);
      assertThat(weight.getDouble()).isCloseTo(expected, within(1e-12));
    }
  }

  /** torch.optim.Adam(lr=0.01, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1): g + 0.1 w. */
  @Test
  void adamTakesItsConstantsAndDecaysWeightsThroughTheGradient() {
    double[] gradients = {0.5, -1.5, 0.1};
    NDArray weight = manager.create(new double[] {2});
    Adam adam = new Adam(Map.of("w", weight), new AdamSettings(0.8, 0.95, 1e-3, 0.1), manager);
    double expected = 2;
    double m = 0;
    double v = 0;
    for (int t = 1; t <= gradients.length; t++) {
      double g = gradients[t - 1] + 0.1 * expected;
      adam.update(List.of(manager.create(new double[] {gradients[t - 1]})), 0.01);
      m = 0.8 * m + 0.2 * g;
      v = 0.95 * v + 0.05 * g * g;
      expected -=
          0.01 * (m / (1 - Math.pow(0.8, t))) / (Math.sqrt(v / (1 - Math.pow(0.95, t))) + 1e-3);
      assertThat(weight.getDouble()).isCloseTo(expected, within(1e-12));
    }
    assertThatThrownBy(() -> new AdamSettings(1, 0.9, 1e-8, 0)).hasMessageContaining("betas");
  }

  @Test
  void clippingIsThatOfTorch() {
    NDArray first = manager.create(new float[] {3});
    NDArray second = manager.create(new float[] {0, 4});
    assertThat(GradientClip.clip(List.of(first, second), 10)).isEqualTo(5);
    assertThat(second.toFloatArray()).containsExactly(0, 4);
    assertThat(GradientClip.clip(List.of(first, second), 0.5)).isEqualTo(5);
    assertThat(first.getFloat()).isCloseTo((float) (3 * 0.5 / (5 + 1e-6)), within(1e-7f));
    assertThat(second.toFloatArray()[1]).isCloseTo((float) (4 * 0.5 / (5 + 1e-6)), within(1e-7f));
  }

  @Test
  void averagesDecayGeometrically() {
    NDArray weight = manager.create(new float[] {0});
    Ema ema = new Ema(Map.of("w", weight), 0.9, false, manager);
    weight.addi(1f);
    for (int i = 1; i <= 4; i++) {
      ema.update(i);
    }
    assertThat(ema.averages().get("w").getFloat())
        .isCloseTo((float) (1 - Math.pow(0.9, 4)), within(1e-6f));
  }

  @Test
  void warmedUpAveragesForgetTheStart() {
    NDArray weight = manager.create(new float[] {0});
    Ema ema = new Ema(Map.of("w", weight), 0.999, true, manager);
    weight.addi(1f);
    double expected = 0;
    for (int i = 1; i <= 5; i++) {
      ema.update(i);
      expected += (1 - (1.0 + i) / (10 + i)) * (1 - expected);
    }
    assertThat(ema.averages().get("w").getFloat()).isCloseTo((float) expected, within(1e-6f));
    assertThat(expected).isGreaterThan(0.99);
  }

  @Test
  void learningRateWarmsUpAndFalls() {
    LearningRate constant = new LearningRate(1, 4, 0);
    assertThat(IntStream.range(0, 6).mapToDouble(constant::at).toArray())
        .containsExactly(0.25, 0.5, 0.75, 1, 1, 1);
    LearningRate cosine = new LearningRate(2, 2, 12);
    assertThat(cosine.at(2)).isEqualTo(2);
    assertThat(cosine.at(7)).isCloseTo(1, within(1e-12));
    assertThat(cosine.at(12)).isZero();
    assertThat(new LearningRate(1, 0, 0).at(0)).isEqualTo(1);
    assertThatThrownBy(() -> new LearningRate(0, 0, 0)).hasMessageContaining("positive");
  }

  @Test
  void learningRatesFallLinearlyAlongACosineOrInSteps() {
    LearningRate linear = new LearningRate(2, 2, new LearningRate.Linear(10, 0.25));
    assertThat(IntStream.of(0, 1, 2, 6, 10, 50).mapToDouble(linear::at).toArray())
        .containsExactly(1, 2, 2, 1.25, 0.5, 0.5);
    LearningRate cosine = new LearningRate(2, 0, new LearningRate.Cosine(8, 0.5));
    assertThat(cosine.at(0)).isEqualTo(2);
    assertThat(cosine.at(4)).isCloseTo(1.5, within(1e-12));
    assertThat(cosine.at(8)).isEqualTo(1);
    LearningRate steps = new LearningRate(1, 0, new LearningRate.Steps(3, 0.5));
    assertThat(IntStream.of(0, 2, 3, 5, 6, 9).mapToDouble(steps::at).toArray())
        .containsExactly(1, 1, 0.5, 0.5, 0.25, 0.125);
    assertThat(steps.decay().openEnded()).isTrue();
    assertThat(linear.decay().openEnded()).isFalse();
    assertThatThrownBy(() -> new LearningRate.Steps(0, 0.5)).hasMessageContaining("step schedule");
    assertThatThrownBy(() -> new LearningRate.Linear(10, 1)).hasMessageContaining("[0, 1)");
  }

  @Test
  void everyEpochVisitsEveryImageOnce() {
    DataOrder order = new DataOrder(3, 10);
    int[] first = order.indices(0, 10);
    int[] second = order.indices(10, 10);
    assertThat(first).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(second).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(first).isNotEqualTo(second);
    assertThat(new DataOrder(3, 10).indices(7, 6))
        .containsExactly(first[7], first[8], first[9], second[0], second[1], second[2]);
  }

  private static OptimisationSettings settings(double ema) {
    return new OptimisationSettings(new LearningRate(1, 0, 0), 1, ema, false, AdamSettings.TORCH);
  }

  @Test
  void divergenceStopsBeforeTheParametersAreHurt() {
    NDArray weight = manager.create(new float[] {1});
    Optimisation optimisation = new Optimisation(Map.of("w", weight), settings(0), manager);
    assertThatThrownBy(
            () -> optimisation.update(1, List.of(manager.create(new float[] {Float.NaN}))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Step 1")
        .hasMessageContaining("diverged");
    assertThat(weight.getFloat()).isEqualTo(1);
  }

  @Test
  void aCheckpointThatDoesNotFitIsRefusedByName() {
    Map<String, NDArray> parameters = Map.of("w", manager.zeros(new Shape(2)));
    Optimisation optimisation = new Optimisation(parameters, settings(0.5), manager);
    Map<String, NDArray> checkpoint = new LinkedHashMap<>(optimisation.checkpoint());
    checkpoint.put("adam.v.w", manager.zeros(new Shape(3)));
    assertThatThrownBy(() -> optimisation.restore(checkpoint))
        .hasMessageContaining("adam.v.w")
        .hasMessageContaining("(3)");
    checkpoint.remove("ema.w");
    checkpoint.put("adam.v.w", manager.zeros(new Shape(2)));
    assertThatThrownBy(() -> optimisation.restore(checkpoint)).hasMessageContaining("ema.w");
    checkpoint.remove("iteration");
    assertThatThrownBy(() -> optimisation.restore(checkpoint)).hasMessageContaining("iteration");
  }
}
