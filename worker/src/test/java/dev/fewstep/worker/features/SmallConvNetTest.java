package dev.fewstep.worker.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.schemas.Json;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.features.ExtractorConfig.Block;
import dev.fewstep.worker.features.ExtractorConfig.Head;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.TorchEngine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SmallConvNetTest {
  private static final ExtractorConfig SMALL =
      new ExtractorConfig(
          "small",
          new ImageShape(1, 6, 6),
          List.of(
              new Block(4, 3, 2, false, true, Activation.RELU, 1),
              new Block(4, 3, 1, true, false, Activation.SILU, 1),
              new Block(6, 1, 1, false, false, Activation.GELU, 3)),
          new Head(true, 5, Activation.TANH),
          3);

  private final NDManager manager = TorchEngine.newManager(Device.cpu());

  @TempDir Path folder;

  @AfterEach
  void close() {
    manager.close();
  }

  /** Three classes that differ by where the light is. */
  private static ByteImages stripes(int count) {
    byte[] pixels = new byte[count * 36];
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] = i % 3;
      for (int p = 0; p < 36; p++) {
        int noise = (i * 31 + p * 17) % 60;
        pixels[i * 36 + p] = (byte) (p / 12 == labels[i] ? 180 + noise : noise);
      }
    }
    return new ByteImages(SMALL.image(), pixels, Optional.of(labels));
  }

  private static ExtractorSpec spec(int steps) {
    return new ExtractorSpec(
        SMALL,
        new ExtractorSpec.Data("train", "test"),
        new ExtractorSpec.Schedule(5L, steps, 16, 1e-2, 2, 0, true, 0.0));
  }

  private Path trained(String name, int steps) throws Exception {
    Path file = folder.resolve(name);
    new ExtractorTraining(spec(steps), stripes(120), stripes(30)).run(manager, file);
    return file;
  }

  @Test
  void trainingLearnsAndRepeatsByteForByte() throws Exception {
    Path file = folder.resolve("a.safetensors");
    ExtractorTraining.Result result =
        new ExtractorTraining(spec(80), stripes(120), stripes(30)).run(manager, file);
    assertThat(result.accuracy()).isGreaterThan(0.9);
    assertThat(result.finalLoss()).isLessThan(0.6);
    assertThat(manager.getManagedArrays()).isEmpty();
    Path again = trained("b.safetensors", 80);
    assertThat(Files.mismatch(file, again)).isEqualTo(-1);
    assertThat(SmallConvNetExtractor.config(file)).isEqualTo(SMALL);
  }

  @Test
  void multiFeaturesOfTheTrainingImagesAreStandardised() throws Exception {
    Path file = trained("a.safetensors", 20);
    for (FeatureMode mode : List.of(FeatureMode.MULTI, FeatureMode.MULTI_STD)) {
      try (FeatureExtractor extractor = SmallConvNetExtractor.load(file, mode, manager)) {
        assertThat(extractor.name()).isEqualTo("small/" + mode.text());
        assertThat(extractor.dimensions()).isEqualTo(mode == FeatureMode.MULTI ? 19 : 33);
        ByteImages images = stripes(120);
        int[] all = new int[120];
        java.util.Arrays.setAll(all, i -> i);
        NDArray features = Autograd.off(() -> extractor.features(images.batch(manager, all)));
        assertThat(features.getShape()).isEqualTo(new Shape(120, extractor.dimensions()));
        NDArray mean = features.mean(new int[] {0});
        assertThat(mean.abs().max().getFloat()).isCloseTo(0, within(1e-3f));
        NDArray variance = features.mul(features).mean(new int[] {0});
        assertThat(variance.max().getFloat()).isCloseTo(1, within(0.02f));
      }
    }
  }

  @Test
  void theGradientToTheImagesIsThatOfDifferences() throws Exception {
    Path file = trained("a.safetensors", 20);
    for (FeatureMode mode : FeatureMode.values()) {
      try (FeatureExtractor extractor = SmallConvNetExtractor.load(file, mode, manager)) {
        NDArray images = AtenOps.uniform(manager, new Shape(2, 1, 6, 6), 1);
        images.setRequiresGradient(true);
        NDArray weights = AtenOps.noise(manager, new Shape(2, extractor.dimensions()), 2);
        Autograd.recording(
            () -> {
              NDArray features = extractor.features(images);
              Autograd.backward(features.mul(weights).sum());
              return features;
            });
        NDArray gradient = images.getGradient();
        NDArray direction = AtenOps.noise(manager, new Shape(2, 1, 6, 6), 3);
        double slope = gradient.mul(direction).sum().getFloat();
        float h = 2e-3f;
        double difference =
            Autograd.off(
                () -> {
                  NDArray up = extractor.features(images.add(direction.mul(h)));
                  NDArray down = extractor.features(images.sub(direction.mul(h)));
                  return (double) up.sub(down).mul(weights).sum().getFloat() / (2 * h);
                });
        assertThat(difference).isCloseTo(slope, within(0.03 * Math.abs(slope) + 0.02));
      }
    }
  }

  @Test
  void nothingIsLeftInAnyManager() throws Exception {
    Path file = trained("a.safetensors", 5);
    try (SmallConvNetExtractor extractor =
            SmallConvNetExtractor.load(file, FeatureMode.MULTI_STD, manager);
        NDManager step = manager.newSubManager()) {
      NDArray images = AtenOps.uniform(step, new Shape(3, 1, 6, 6), 1);
      images.setRequiresGradient(true);
      int parameters = extractor.managedArrays();
      for (int i = 0; i < 3; i++) {
        NDArray features = Autograd.recording(() -> extractor.features(images));
        assertThat(features.getManager()).isSameAs(step);
        features.close();
      }
      assertThat(step.getManagedArrays()).hasSize(1);
      assertThat(extractor.managedArrays()).isEqualTo(parameters);
    }
    assertThat(manager.getManagedArrays()).isEmpty();
  }

  @Test
  void anImageDoesNotDependOnItsBatch() throws Exception {
    Path file = trained("a.safetensors", 5);
    try (FeatureExtractor extractor =
        SmallConvNetExtractor.load(file, FeatureMode.PENULTIMATE, manager)) {
      NDArray images = AtenOps.uniform(manager, new Shape(8, 1, 6, 6), 1);
      NDArray together = Autograd.off(() -> extractor.features(images));
      NDArray alone = Autograd.off(() -> extractor.features(images.get("3:4")));
      assertThat(alone.sub(together.get("3:4")).abs().max().getFloat()).isLessThan(1e-6f);
      assertThatThrownBy(() -> extractor.features(manager.zeros(new Shape(1, 3, 6, 6))))
          .hasMessageContaining("takes images (N, 1, 6, 6), not (1, 3, 6, 6)");
    }
  }

  @Test
  void aConvolutionBlockIsTheDefinition() {
    // One 1x1 block with weight 2 and bias 1 on 2x-1, ReLU, mean over 2x2, head weight 3, bias -1.
    ExtractorConfig config =
        new ExtractorConfig(
            "one",
            new ImageShape(1, 2, 2),
            List.of(new Block(1, 1, 1, false, false, Activation.RELU, 1)),
            new Head(false, 1, Activation.LEAKY_RELU),
            2);
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    SmallConvNet.shapes(config)
        .forEach((name, shape) -> parameters.put(name, manager.zeros(new Shape(shape))));
    parameters.get("blocks.0.conv.weight").addi(2);
    parameters.get("blocks.0.conv.bias").addi(1);
    parameters.get("head.weight").addi(3);
    parameters.get("head.bias").subi(1);
    SmallConvNet network = new SmallConvNet(config, parameters);
    NDArray images = manager.create(new float[] {0, 0.5f, 1, 0.75f}, new Shape(1, 1, 2, 2));
    // 2x-1: -1 0 1 .5; block: 0 1 3 2; mean 1.5; head 3.5.
    assertThat(network.raw(images, FeatureMode.MULTI).toFloatArray()).containsExactly(1.5f, 3.5f);
    double std = Math.sqrt((2.25 + 0.25 + 2.25 + 0.25) / 4 + 1e-5);
    assertThat(network.raw(images, FeatureMode.MULTI_STD).toFloatArray()[1])
        .isCloseTo((float) std, within(1e-6f));
  }

  @Test
  void batchNormalisationUsesItsRunningStatistics() {
    ExtractorConfig config =
        new ExtractorConfig(
            "norm",
            new ImageShape(1, 1, 1),
            List.of(new Block(1, 1, 1, false, true, Activation.TANH, 1)),
            new Head(false, 1, Activation.RELU),
            2);
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    SmallConvNet.shapes(config)
        .forEach((name, shape) -> parameters.put(name, manager.ones(new Shape(shape))));
    parameters.get("blocks.0.norm.running_mean").muli(0.5f);
    parameters.get("blocks.0.norm.running_var").muli(4);
    parameters.get("blocks.0.norm.weight").muli(3);
    parameters.get("blocks.0.norm.bias").muli(0.25f);
    NDArray image = manager.create(new float[] {0.8f}, new Shape(1, 1, 1, 1));
    double expected = Math.tanh((0.6 - 0.5) / Math.sqrt(4 + 1e-5) * 3 + 0.25);
    SmallConvNet network = new SmallConvNet(config, parameters);
    assertThat(network.raw(image, FeatureMode.MULTI).toFloatArray()[0])
        .isCloseTo((float) expected, within(1e-6f));
    // A batch of 0.8 and 0.4 has mean 0.2 (as 2x - 1) and unbiased variance 0.32; momentum is 0.1.
    NDArray batch = manager.create(new float[] {0.8f, 0.4f}, new Shape(2, 1, 1, 1));
    network.run(batch, true);
    assertThat(parameters.get("blocks.0.norm.running_mean").getFloat())
        .isCloseTo(0.9f * 0.5f + 0.1f * 0.2f, within(1e-6f));
    assertThat(parameters.get("blocks.0.norm.running_var").getFloat())
        .isCloseTo(0.9f * 4 + 0.1f * 0.32f, within(1e-6f));
  }

  @Test
  void weightsOfAnotherNetworkAreRefused() throws Exception {
    Path file = trained("a.safetensors", 5);
    Map<String, NDArray> tensors = TensorFile.read(file, manager);
    tensors.remove("network.head.bias");
    Path broken = folder.resolve("broken.safetensors");
    Map<String, String> metadata = Map.of("fewstep.extractor", Json.toText(SMALL));
    TensorFile.write(broken, tensors, metadata);
    assertThatThrownBy(() -> SmallConvNetExtractor.load(broken, FeatureMode.MULTI, manager))
        .isInstanceOf(TensorFormatException.class)
        .hasMessageContaining("broken.safetensors")
        .hasMessageContaining("1 missing: head.bias");
    Path bare = folder.resolve("bare.safetensors");
    TensorFile.write(bare, tensors, Map.of());
    assertThatThrownBy(() -> SmallConvNetExtractor.load(bare, FeatureMode.MULTI, manager))
        .hasMessageContaining("fewstep.extractor");
    assertThatThrownBy(() -> FeatureMode.parse("mutli"))
        .hasMessageContaining("penultimate, multi, multi-std");
  }

  @Test
  void configurationsThatCannotBeBuiltAreRefused() {
    assertThatThrownBy(
            () ->
                new ExtractorConfig(
                    "x",
                    new ImageShape(1, 4, 4),
                    List.of(new Block(2, 3, 1, true, false, Activation.RELU, 1)),
                    new Head(false, 4, Activation.RELU),
                    10))
        .hasMessageContaining("depthwise");
    assertThatThrownBy(
            () ->
                new ExtractorConfig(
                    "x",
                    new ImageShape(1, 4, 4),
                    List.of(new Block(2, 3, 4, false, false, Activation.RELU, 2)),
                    new Head(false, 4, Activation.RELU),
                    10))
        .hasMessageContaining("to nothing");
    assertThatThrownBy(() -> new Block(2, 4, 1, false, false, Activation.RELU, 1))
        .hasMessageContaining("kernel must be odd");
  }
}
