package dev.fewstep.worker.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.diffusion.PredictionType;
import dev.fewstep.worker.diffusion.ReferenceVectors;
import dev.fewstep.worker.diffusion.UNet;
import dev.fewstep.worker.diffusion.UNetConfig;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.StreamSeed;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Small honest stand-ins for the tests of training. */
final class Tiny {
  private Tiny() {}

  static UNet net(NDManager manager, double dropout, PredictionType prediction) {
    UNetConfig config =
        new UNetConfig(8, 1, 8, List.of(1, 2), 1, List.of(4), 4, dropout, 1, prediction);
    return UNet.initialise(config, manager, 5, false);
  }

  static Map<String, float[]> copy(Map<String, NDArray> arrays) {
    Map<String, float[]> copies = new LinkedHashMap<>();
    arrays.forEach(
        (name, array) -> copies.put(name, array.toType(DataType.FLOAT32, true).toFloatArray()));
    return copies;
  }

  /** Images made of smooth waves, one per index. */
  static ImageDataset waves(int size, int edge) {
    return new ImageDataset() {
      @Override
      public int size() {
        return size;
      }

      @Override
      public ImageShape shape() {
        return new ImageShape(1, edge, edge);
      }

      @Override
      public float[] values(int[] indices) {
        float[] values = new float[indices.length * edge * edge];
        for (int i = 0; i < indices.length; i++) {
          for (int p = 0; p < edge * edge; p++) {
            double phase = indices[i] * 0.7 + (p % edge) * 0.5 + Math.floorDiv(p, edge) * 0.2;
            values[i * edge * edge + p] = (float) (0.5 + 0.5 * Math.sin(phase));
          }
        }
        return values;
      }

      @Override
      public byte[] image(int index) {
        float[] values = values(new int[] {index});
        byte[] bytes = new byte[values.length];
        for (int p = 0; p < bytes.length; p++) {
          bytes[p] = (byte) Math.round(255 * values[p]);
        }
        return bytes;
      }

      @Override
      public String digest() {
        return "0".repeat(64);
      }

      @Override
      public Optional<int[]> labels() {
        return Optional.empty();
      }
    };
  }

  /** The reference's extractor: conv3 s2, ReLU, conv3 s2, ReLU, mean; 32 features. */
  static FeatureExtractor extractor(NDManager manager, Map<String, NDArray> weights) {
    return new FeatureExtractor() {
      @Override
      public String name() {
        return "reference";
      }

      @Override
      public int dimensions() {
        return 32;
      }

      @Override
      public NDArray features(NDArray images) {
        NDArray h =
            AtenOps.conv2d(images, weights.get("c1.weight"), weights.get("c1.bias"), 2, 1)
                .maximum(0f);
        h = AtenOps.conv2d(h, weights.get("c2.weight"), weights.get("c2.bias"), 2, 1).maximum(0f);
        return h.mean(new int[] {3}).mean(new int[] {2});
      }

      @Override
      public void close() {
        manager.close();
      }
    };
  }

  static FeatureExtractor referenceExtractor(NDManager manager) throws IOException {
    return extractor(manager, ReferenceVectors.read(manager, "features.npz"));
  }

  static FeatureExtractor randomExtractor(NDManager manager) {
    return randomExtractor(manager, 1);
  }

  static FeatureExtractor randomExtractor(NDManager manager, long seed) {
    return extractor(
        manager,
        Map.of(
            "c1.weight",
            AtenOps.noise(manager, new Shape(16, 1, 3, 3), StreamSeed.of(seed, "c1")).mul(0.4f),
            "c1.bias",
            manager.zeros(new Shape(16)),
            "c2.weight",
            AtenOps.noise(manager, new Shape(32, 16, 3, 3), StreamSeed.of(seed, "c2")).mul(0.15f),
            "c2.bias",
            manager.zeros(new Shape(32))));
  }

  /** Relative L2 distance over all arrays together. */
  static double relative(Map<String, float[]> actual, Map<String, float[]> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    double difference = 0;
    double size = 0;
    for (Map.Entry<String, float[]> entry : expected.entrySet()) {
      float[] other = actual.get(entry.getKey());
      assertThat(other).as(entry.getKey()).hasSameSizeAs(entry.getValue());
      for (int i = 0; i < other.length; i++) {
        difference += Math.pow((double) other[i] - entry.getValue()[i], 2);
        size += Math.pow(entry.getValue()[i], 2);
      }
    }
    return Math.sqrt(difference / size);
  }
}
