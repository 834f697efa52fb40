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
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

  /** Digests of {@code unet/pooled_levels.py}: every name and shape, in the published order. */
  @ParameterizedTest
  @CsvSource({
    "32, 1 2 2 2, true, 328, 35746307, a88f7558b4c41efc",
    "32, 1 2 2 2, false, 316, 32648323, 9b506399d47125bf",
    "64, 1 2 2 2 4, true, 390, 78700803, b6483a6e66d16171",
    "64, 1 2 2 2 4, false, 374, 72652931, 1f93203a1a7215a4",
    "256, 1 1 2 2 4 4, true, 450, 113673219, fd6a34a48f1f5737",
    "256, 1 1 2 2 4 4, false, 430, 103790723, 737837e151fbe25b",
  })
  void hasNamesAndShapesOfCifarCelebaAndLsun(
      int size, String multipliers, boolean conv, int tensors, long parameters, String digest)
      throws NoSuchAlgorithmException {
    List<Integer> levels = Arrays.stream(multipliers.split(" ")).map(Integer::valueOf).toList();
    UNetConfig config =
        new UNetConfig(
            size, 3, 128, levels, 2, List.of(16), 32, 0.1, 1, PredictionType.EPSILON, conv);
    Map<String, Shape> shapes = UNet.parameterShapes(config);
    assertThat(shapes).hasSize(tensors);
    assertThat(shapes.values().stream().mapToLong(Shape::size).sum()).isEqualTo(parameters);
    StringBuilder lines = new StringBuilder();
    shapes.forEach(
        (name, shape) -> {
          lines.append(name);
          for (long dimension : shape.getShape()) {
            lines.append(' ').append(dimension);
          }
          lines.append('\n');
        });
    byte[] hash =
        MessageDigest.getInstance("SHA-256")
            .digest(lines.toString().getBytes(StandardCharsets.UTF_8));
    assertThat(HexFormat.of().formatHex(hash)).startsWith(digest);
  }

  @Test
  void equalsThePublishedNetworkWithoutResamplingConvolutions() throws IOException {
    Map<String, NDArray> reference = ReferenceVectors.read(manager, "pooled-levels.npz");
    UNetConfig config =
        new UNetConfig(
            16, 1, 32, List.of(1, 2), 1, List.of(8), 32, 0, 1, PredictionType.EPSILON, false);
    Map<String, NDArray> weights = new HashMap<>();
    int k = 0;
    for (Map.Entry<String, Shape> slot : UNet.parameterShapes(config).entrySet()) {
      weights.put(slot.getKey(), formula(k++, slot.getKey(), slot.getValue()));
    }
    try (UNet net = UNet.load(config, manager, weights)) {
      NDArray x = reference.get("x");
      x.setRequiresGradient(true);
      NDArray eps = Autograd.recording(() -> net.predict(x, reference.get("t")));
      assertThat(distance(eps, reference.get("eps"))).isLessThan(1e-5);
      Autograd.backward(
          eps, manager.linspace(-1, 1, Math.toIntExact(eps.size())).reshape(eps.getShape()));
      assertThat(distance(x.getGradient(), reference.get("grad_x"))).isLessThan(1e-4);
    }
  }

  private NDArray formula(int k, String name, Shape shape) {
    float[] values = new float[Math.toIntExact(shape.size())];
    boolean scale = name.contains("norm") && name.endsWith("weight");
    for (int i = 0; i < values.length; i++) {
      double w = Math.sin(12.9898 * (i + 1) + 78.233 * (k + 1));
      values[i] =
          (float)
              (shape.dimension() > 1
                  ? w * Math.sqrt(4.0 / shape.slice(1).size())
                  : scale ? 1 + 0.1 * w : 0.05 * w);
    }
    return manager.create(values, shape);
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
