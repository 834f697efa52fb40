package dev.fewstep.worker.features;

import static dev.fewstep.worker.features.FormulaWeights.relative;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.TorchEngine;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** torchvision's networks with weights by formula, against torchvision 0.22.1. */
class TorchvisionTest {
  private static final Path FILE = Path.of("formula.pth");
  private static NDManager manager;
  private static Map<String, NDArray> reference;

  @BeforeAll
  static void load() throws Exception {
    manager = TorchEngine.newManager(Device.cpu());
    reference = TensorFile.read(InceptionTest.resource("torchvision.npz"), manager);
  }

  @AfterAll
  static void close() {
    manager.close();
  }

  /** Counters follow every normalisation in a state dict; they shift the formula's numbers. */
  private static Map<String, long[]> withCounters(Map<String, long[]> shapes) {
    Map<String, long[]> all = new LinkedHashMap<>(shapes);
    shapes
        .keySet()
        .forEach(
            name -> {
              if (name.endsWith(".running_var")) {
                all.put(name.replace("running_var", "num_batches_tracked"), new long[0]);
              }
            });
    return all;
  }

  private static Map<String, long[]> resnet(int[] blocks, boolean bottleneck, int classes) {
    Map<String, long[]> hints = new LinkedHashMap<>();
    for (int stage = 1; stage <= 4; stage++) {
      for (int i = 0; i < blocks[stage - 1]; i++) {
        String name = "layer" + stage + "." + i;
        hints.put(name + ".conv1.weight", new long[] {32L << stage, 1, 1, 1});
        if (bottleneck) {
          hints.put(name + ".conv3.weight", new long[] {128L << stage, 1, 1, 1});
        }
      }
    }
    Map<String, long[]> shapes = new LinkedHashMap<>(ResNet.shapes(hints));
    shapes.put("fc.weight", new long[] {classes, bottleneck ? 2048 : 512});
    shapes.put("fc.bias", new long[] {classes});
    return withCounters(shapes);
  }

  private static Map<String, long[]> vgg() {
    Map<String, long[]> hints = new LinkedHashMap<>();
    int[] places = {0, 3, 6, 8, 11, 13, 16, 18};
    int[] widths = {8, 8, 12, 12, 16, 16, 16, 16};
    for (int i = 0; i < places.length; i++) {
      hints.put("features." + places[i] + ".weight", new long[] {widths[i]});
    }
    hints.put("classifier.0.weight", new long[] {24});
    hints.put("classifier.3.weight", new long[] {20});
    Map<String, long[]> shapes = new LinkedHashMap<>(Vgg.shapes(hints));
    shapes.put("classifier.6.weight", new long[] {6, 20});
    shapes.put("classifier.6.bias", new long[] {6});
    return shapes;
  }

  private static Map<String, long[]> inception() {
    Map<String, long[]> shapes = new LinkedHashMap<>(InceptionNetwork.shapes());
    shapes.put("fc.weight", new long[] {1000, 2048});
    shapes.put("fc.bias", new long[] {1000});
    auxiliary(shapes, "conv0", 128, 768, 1);
    auxiliary(shapes, "conv1", 768, 128, 5);
    shapes.put("AuxLogits.fc.weight", new long[] {1000, 768});
    shapes.put("AuxLogits.fc.bias", new long[] {1000});
    return withCounters(shapes);
  }

  private static void auxiliary(
      Map<String, long[]> shapes, String name, int out, int in, int kernel) {
    shapes.put("AuxLogits." + name + ".conv.weight", new long[] {out, in, kernel, kernel});
    for (String part : new String[] {"weight", "bias", "running_mean", "running_var"}) {
      shapes.put("AuxLogits." + name + ".bn." + part, new long[] {out});
    }
  }

  private static Map<String, RawTensor> weights(String network, DataType type) {
    Map<String, long[]> shapes =
        switch (network) {
          case "resnet18" -> resnet(new int[] {2, 2, 2, 2}, false, 1000);
          case "bottleneck" -> resnet(new int[] {1, 2, 1, 1}, true, 7);
          case "vgg11" -> vgg();
          default -> inception();
        };
    return FormulaWeights.of(shapes, type);
  }

  private static NDArray images(DataType type) {
    return reference.get("tv_images").toType(type, true).div(255);
  }

  @ParameterizedTest
  @CsvSource({
    "resnet18,resnet18,512",
    "bottleneck,resnet,2048",
    "vgg11,vgg11,20",
    "inception-v3,inception-v3,2048"
  })
  void featuresAndLogitsAreTorchvisions(String network, String name, int dimensions)
      throws Exception {
    Map<String, RawTensor> weights = weights(network, DataType.FLOAT32);
    for (String mode : new String[] {"", "imagenet", "imagenet-logits"}) {
      String key =
          switch (mode) {
            case "" -> network + "_torch";
            case "imagenet" -> network;
            default -> network + "_logits";
          };
      try (FeatureExtractor extractor =
          TensorExtractor.of(FILE, weights, mode, manager, DataType.FLOAT32)) {
        NDArray features = Autograd.off(() -> extractor.features(images(DataType.FLOAT32)));
        assertThat(relative(features, reference.get(key))).as(mode).isLessThan(1e-5);
        assertThat(extractor.name()).isEqualTo(name + (mode.isEmpty() ? "" : "/" + mode));
        assertThat(extractor.traits().differentiable()).isEqualTo(mode.isEmpty());
        assertThat(extractor.traits().inception()).isFalse();
        if (!mode.endsWith("logits")) {
          assertThat(extractor.dimensions()).isEqualTo(dimensions);
        }
        if (mode.equals("imagenet-logits")) {
          NDArray probabilities =
              Autograd.off(
                  () ->
                      ((Classifier) extractor)
                          .classify(images(DataType.FLOAT32))
                          .probabilities()
                          .sum(new int[] {1}));
          assertThat(probabilities.sub(1).abs().max().getFloat()).isLessThan(1e-5f);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"bottleneck", "vgg11"})
  void theGradientIsTorchvisions(String network) throws Exception {
    NDArray images = images(DataType.FLOAT64);
    images.setRequiresGradient(true);
    try (FeatureExtractor extractor =
        TensorExtractor.of(
            FILE, weights(network, DataType.FLOAT64), "", manager, DataType.FLOAT64)) {
      Autograd.recording(
          () -> {
            NDArray features = extractor.features(images);
            double[] ramp =
                IntStream.range(0, (int) features.size())
                    .mapToDouble(i -> i / (features.size() - 1.0))
                    .toArray();
            Autograd.backward(features, manager.create(ramp, features.getShape()));
            return true;
          });
    }
    assertThat(relative(images.getGradient(), reference.get(network + "_gradient")))
        .isLessThan(1e-5);
  }

  @Test
  void aDamagedNetworkIsRefusedByTheNamesThatAreWrong() {
    Map<String, RawTensor> weights = weights("bottleneck", DataType.FLOAT32);
    weights.remove("layer2.1.bn2.bias");
    weights.put("layer9.0.conv1.weight", weights.get("conv1.weight"));
    assertThatThrownBy(() -> TensorExtractor.of(FILE, weights, "", manager, DataType.FLOAT32))
        .isInstanceOf(TensorFormatException.class)
        .hasMessageContaining("not a torchvision ResNet: 1 missing: layer2.1.bn2.bias")
        .hasMessageContaining("1 unexpected: layer9.0.conv1.weight");
  }
}
