package dev.fewstep.worker.diffusion;

import static dev.fewstep.worker.diffusion.ReferenceVectors.distance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UNetTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = TorchEngine.newManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void equalsThePublishedNetwork() throws IOException {
    Map<String, NDArray> reference = ReferenceVectors.read(manager, "reference.npz");
    try (UNet net = ReferenceVectors.net(manager)) {
      assertThat(net.parameterCount()).isEqualTo(701_345);
      NDArray eps = net.predict(reference.get("x"), reference.get("t"));
      assertThat(distance(eps, reference.get("eps"))).isLessThan(1e-5);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 10, 15})
  void samplesAsThePublishedSampler(int steps) throws IOException {
    Map<String, NDArray> reference = ReferenceVectors.read(manager, "reference.npz");
    try (UNet net = ReferenceVectors.net(manager)) {
      DdimSampler sampler =
          new DdimSampler(net, NoiseSchedule.ddpm(), Timesteps.published(steps, 1000), 0);
      NDArray sample = sampler.sample(reference.get("x"), (shape, index) -> manager.zeros(shape));
      assertThat(distance(sample, reference.get("sample_N" + steps))).isLessThan(1e-5);
    }
  }

  @Test
  void namesAndShapesAreThoseOfTheCifarCheckpoint() {
    UNetConfig cifar =
        new UNetConfig(
            32, 3, 128, List.of(1, 2, 2, 2), 2, List.of(16), 32, 0.1, 1, PredictionType.EPSILON);
    Map<String, Shape> shapes = UNet.parameterShapes(cifar);
    assertThat(shapes).hasSize(328);
    assertThat(shapes.values().stream().mapToLong(Shape::size).sum()).isEqualTo(35_746_307);
    assertThat(shapes.get("up.3.block.2.nin_shortcut.weight")).isEqualTo(new Shape(256, 512, 1, 1));
  }

  @Test
  void countsTheParametersOfCelebAndLsun() {
    UNetConfig celeb =
        new UNetConfig(
            64, 3, 128, List.of(1, 2, 2, 2, 4), 2, List.of(16), 32, 0.1, 1, PredictionType.EPSILON);
    UNetConfig church =
        new UNetConfig(
            256,
            3,
            128,
            List.of(1, 1, 2, 2, 4, 4),
            2,
            List.of(16),
            32,
            0,
            1,
            PredictionType.EPSILON);
    assertThat(count(celeb)).isEqualTo(78_700_803);
    assertThat(count(church)).isEqualTo(113_673_219);
    assertThat(UNet.parameterShapes(celeb)).hasSize(390);
    assertThat(UNet.parameterShapes(church)).hasSize(450);
  }

  private static long count(UNetConfig config) {
    return UNet.parameterShapes(config).values().stream().mapToLong(Shape::size).sum();
  }

  @Test
  void startsWithinTorchsBoundsAndAtZeroWhereAsked() {
    UNetConfig config = small(0, 2);
    try (UNet net = UNet.initialise(config, manager, 3, true);
        UNet same = UNet.initialise(config, manager, 3, true)) {
      NDArray weight = net.parameters().get("mid.block_1.conv1.weight");
      float bound = (float) (1 / Math.sqrt(16 * 9));
      assertThat(weight.abs().max().getFloat()).isBetween(bound * 0.95f, bound);
      assertThat(weight.contentEquals(same.parameters().get("mid.block_1.conv1.weight"))).isTrue();
      NDArray x = AtenOps.noise(manager, new Shape(2, 1, 8, 8), 1);
      NDArray t = manager.full(new Shape(2), 10, DataType.FLOAT32);
      assertThat(net.predict(x, t).toFloatArray()).containsOnly(0f);
    }
    try (UNet net = UNet.initialise(config, manager, 3, false)) {
      NDArray x = AtenOps.noise(manager, new Shape(2, 1, 8, 8), 1);
      NDArray t = manager.full(new Shape(2), 10, DataType.FLOAT32);
      NDArray y = net.predict(x, t);
      assertThat(y.getShape()).isEqualTo(x.getShape());
      assertThat(y.abs().max().getFloat()).isGreaterThan(0);
    }
  }

  @Test
  void dropoutOfAnImageDoesNotDependOnItsBatch() {
    try (UNet net = UNet.initialise(small(0.5, 1), manager, 3, false)) {
      NDArray x = AtenOps.noise(manager, new Shape(3, 1, 8, 8), 1);
      NDArray t = manager.full(new Shape(3), 10, DataType.FLOAT32);
      NDArray all = net.predict(x, t, (row, layer) -> 100L * row + layer);
      NDArray last = net.predict(x.get("2:3"), t.get("2:3"), (row, layer) -> 200L + layer);
      NDArray other = net.predict(x.get("2:3"), t.get("2:3"), (row, layer) -> 300L + layer);
      assertThat(distance(last, all.get("2:3"))).isLessThan(1e-5);
      assertThat(distance(other, all.get("2:3"))).isGreaterThan(1e-2);
      assertThat(distance(net.predict(x, t), all)).isGreaterThan(1e-2);
    }
  }

  @Test
  void refusesWeightsThatDoNotFitAndSaysWhere() throws IOException {
    Map<String, NDArray> weights = new HashMap<>(ReferenceVectors.read(manager, "state.npz"));
    weights.put("mid.block_9.conv1.weight", weights.remove("mid.block_1.conv1.weight"));
    weights.put("conv_in.bias", manager.zeros(new Shape(31)));
    assertThatThrownBy(() -> UNet.load(ReferenceVectors.config(), manager, weights))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 places")
        .hasMessageContaining("mid.block_1.conv1.weight is missing")
        .hasMessageContaining("conv_in.bias has shape (31), expected (32)")
        .hasMessageContaining("mid.block_9.conv1.weight is not a tensor");
  }

  private static UNetConfig small(double dropout, int patch) {
    return new UNetConfig(
        8, 1, 8, List.of(1, 2), 1, List.of(4), 4, dropout, patch, PredictionType.V);
  }
}
