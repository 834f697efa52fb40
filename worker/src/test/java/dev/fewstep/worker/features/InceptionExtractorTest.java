package dev.fewstep.worker.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.core.type.TypeReference;
import dev.fewstep.schemas.Json;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InceptionExtractorTest {
  private static final Path FILE = Path.of("formula.pth");

  /** Weights by formula: sin(12.9898 (i+1) + 78.233 (k+1)) for the k-th name in sorted order. */
  private static Map<String, RawTensor> weights() throws Exception {
    List<String> names;
    try (InputStream in =
        InceptionExtractorTest.class.getResourceAsStream("inception-names.json")) {
      names = Json.messages().readValue(in, new TypeReference<List<String>>() {});
    }
    Map<String, long[]> shapes = InceptionExtractor.shapes();
    Map<String, RawTensor> weights = new LinkedHashMap<>();
    for (int k = 0; k < names.size(); k++) {
      String name = names.get(k);
      if (shapes.containsKey(name)) {
        weights.put(name, formula(name, k, shapes.get(name)));
      }
    }
    return weights;
  }

  private static RawTensor formula(String name, int k, long[] shape) {
    int size = 1;
    for (long dimension : shape) {
      size *= (int) dimension;
    }
    double fanIn = (double) size / shape[0];
    ByteBuffer bytes = ByteBuffer.allocate(4 * size).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < size; i++) {
      double w = Math.sin(12.9898 * (i + 1) + 78.233 * (k + 1));
      double value;
      if (shape.length > 1) {
        value = w * Math.sqrt(4 / fanIn);
      } else if (name.endsWith("running_mean")) {
        value = 0.1 * w;
      } else if (name.endsWith("running_var")) {
        value = 1 + 0.2 * w;
      } else if (name.endsWith("bn.weight")) {
        value = 1 + 0.1 * w;
      } else {
        value = 0.05 * w;
      }
      bytes.putFloat((float) value);
    }
    return new RawTensor(DataType.FLOAT32, shape, bytes.flip());
  }

  private static double relative(NDArray actual, NDArray expected) {
    double error = actual.sub(expected).norm().getFloat();
    return error / expected.norm().getFloat();
  }

  @Test
  void featuresAndGradientAreThoseOfPytorchFid() throws Exception {
    Path reference =
        Path.of(InceptionExtractorTest.class.getResource("inception-reference.npz").toURI());
    try (NDManager manager = TorchEngine.newManager(Device.cpu());
        InceptionExtractor inception = InceptionExtractor.of(FILE, weights(), manager)) {
      Map<String, NDArray> expected = TensorFile.read(reference, manager);
      NDArray images = expected.get("x");
      images.setRequiresGradient(true);
      NDArray ramp = manager.linspace(0, 1, 4096).reshape(2, 2048);
      NDArray features =
          Autograd.recording(
              () -> {
                NDArray y = inception.features(images);
                Autograd.backward(y, ramp);
                return y;
              });
      assertThat(relative(features, expected.get("features"))).isLessThan(1e-6);
      // These weights put many activations next to ReLU's kink: the same network in float64 differs
      // from itself in float32 by 1.4e-2, and from the float32 reference by 1.3e-2.
      assertThat(relative(images.getGradient(), expected.get("grad_x"))).isLessThan(0.03);
      assertThat(inception.name()).isEqualTo("inception");
    }
  }

  @Test
  void anotherNetworkIsRefused() {
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      assertThatThrownBy(() -> InceptionExtractor.of(FILE, Map.of(), manager))
          .isInstanceOf(TensorFormatException.class)
          .hasMessageContaining("formula.pth")
          .hasMessageContaining("470 missing");
    }
  }
}
