package dev.fewstep.worker.features;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.core.type.TypeReference;
import dev.fewstep.schemas.Json;
import dev.fewstep.worker.checkpoint.RawTensor;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Weights by formula: sin(12.9898 (i+1) + 78.233 (k+1)) for the k-th name in sorted order. */
final class FormulaWeights {
  private FormulaWeights() {}

  /** Of FID's Inception-v3 with its 1008 classes. */
  static Map<String, RawTensor> fid(DataType type) throws Exception {
    List<String> names;
    try (InputStream in = FormulaWeights.class.getResourceAsStream("inception-names.json")) {
      names = Json.messages().readValue(in, new TypeReference<List<String>>() {});
    }
    Map<String, long[]> shapes = new LinkedHashMap<>(InceptionNetwork.shapes());
    shapes.put("fc.weight", new long[] {1008, 2048});
    shapes.put("fc.bias", new long[] {1008});
    Map<String, long[]> all = new TreeMap<>();
    names.forEach(name -> all.put(name, shapes.getOrDefault(name, new long[0])));
    return of(all, type);
  }

  /** Of any network: every name of its state dict with its shape, none for a counter. */
  static Map<String, RawTensor> of(Map<String, long[]> shapes, DataType type) {
    Map<String, RawTensor> weights = new LinkedHashMap<>();
    int k = 0;
    for (Map.Entry<String, long[]> entry : new TreeMap<>(shapes).entrySet()) {
      weights.put(entry.getKey(), tensor(entry.getKey(), k++, entry.getValue(), type));
    }
    return weights;
  }

  private static RawTensor tensor(String name, int k, long[] shape, DataType type) {
    int size = 1;
    for (long dimension : shape) {
      size *= (int) dimension;
    }
    double fanIn = shape.length > 1 ? (double) size / shape[0] : 1;
    int width = type.getNumOfBytes();
    ByteBuffer bytes = ByteBuffer.allocateDirect(width * size).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < size; i++) {
      double w = Math.sin(12.9898 * (i + 1) + 78.233 * (k + 1));
      double value;
      if (name.endsWith("num_batches_tracked")) {
        value = 0;
      } else if (shape.length > 1) {
        value = w * Math.sqrt(4 / fanIn);
      } else if (name.endsWith("running_mean")) {
        value = 0.1 * w;
      } else if (name.endsWith("running_var")) {
        value = 1 + 0.2 * w;
      } else if (name.matches(".*(bn\\d?|downsample\\.1)\\.weight")) {
        value = 1 + 0.1 * w;
      } else {
        value = 0.05 * w;
      }
      if (type == DataType.FLOAT64) {
        bytes.putDouble((float) value);
      } else {
        bytes.putFloat((float) value);
      }
    }
    return new RawTensor(type, shape, bytes.flip());
  }

  /** Relative L2 distance over whole arrays. */
  static double relative(NDArray actual, NDArray expected) {
    NDArray wide = expected.toType(DataType.FLOAT64, false);
    double error = actual.toType(DataType.FLOAT64, false).sub(wide).norm().getDouble();
    return error / wide.norm().getDouble();
  }
}
