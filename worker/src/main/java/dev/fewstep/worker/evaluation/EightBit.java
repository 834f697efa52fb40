package dev.fewstep.worker.evaluation;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.fewstep.worker.tensor.Tensors;

/**
 * The passage of generated images through 8 bits, as torchvision's {@code save_image} does it:
 * x·255 + 0.5, clamped to [0, 255], truncated (facts: mmd-ddm 4c).
 */
public final class EightBit {
  private EightBit() {}

  /**
   * Bytes of the images in C order.
   *
   * @param images any shape, values meant for [0, 1]
   * @throws IllegalArgumentException when a value is not finite
   */
  public static byte[] toBytes(NDArray images) {
    float[] values;
    try (NDArray floats = images.toType(DataType.FLOAT32, true)) {
      values = floats.toFloatArray();
    }
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      require(Float.isFinite(values[i]), "value %s of the images is not finite", i);
      bytes[i] = (byte) (int) Math.max(0f, Math.min(255f, values[i] * 255f + 0.5f));
    }
    return bytes;
  }

  /**
   * What a reader of the 8-bit file gets: byte / 255, as float32 of the same shape and manager,
   * without gradient.
   */
  public static NDArray quantise(NDArray images) {
    byte[] bytes = toBytes(images);
    float[] values = new float[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      values[i] = Byte.toUnsignedInt(bytes[i]) / 255f;
    }
    return Tensors.of(images.getManager(), values, images.getShape());
  }
}
