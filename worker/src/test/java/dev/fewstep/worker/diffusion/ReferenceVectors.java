package dev.fewstep.worker.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The published implementation's U-Net, samples, losses and gradients (ch 32, mult [1,2], 1x16x16).
 */
public final class ReferenceVectors {
  private ReferenceVectors() {}

  public static UNetConfig config() {
    return new UNetConfig(
        16, 1, 32, List.of(1, 2), 1, List.of(8), 32, 0, 1, PredictionType.EPSILON);
  }

  public static UNet net(NDManager manager) throws IOException {
    try (NDManager scope = manager.newSubManager()) {
      return UNet.load(config(), manager, read(scope, "state.npz"));
    }
  }

  public static Map<String, NDArray> read(NDManager manager, String file) throws IOException {
    try (InputStream in =
        ReferenceVectors.class.getResourceAsStream("/dev/fewstep/worker/unet/" + file)) {
      Map<String, NDArray> arrays = new LinkedHashMap<>();
      NDList.decode(manager, in).forEach(array -> arrays.put(array.getName(), array));
      return arrays;
    }
  }

  /** Relative L2 distance over the whole array. */
  public static double distance(NDArray actual, NDArray expected) {
    NDArray a = actual.toType(DataType.FLOAT64, true);
    NDArray b = expected.toType(DataType.FLOAT64, true);
    return Math.sqrt(a.sub(b).square().sum().getDouble() / b.square().sum().getDouble());
  }
}
