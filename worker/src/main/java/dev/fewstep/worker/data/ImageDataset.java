package dev.fewstep.worker.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.tensor.Tensors;
import java.util.Optional;

/** Real images of one shape, addressed by index; the order never changes. */
public interface ImageDataset {
  /** Number of images, at least one. */
  int size();

  /** Shape of every image. */
  ImageShape shape();

  /**
   * Images by index, in the order asked for; an index may repeat.
   *
   * @param manager owner of the result
   * @param indices each in [0, size())
   * @return float32 of shape (N, C, H, W) with values in [0, 1]: byte / 255
   * @throws IndexOutOfBoundsException when an index is out of range
   */
  default NDArray batch(NDManager manager, int[] indices) {
    ImageShape shape = shape();
    return Tensors.of(
        manager,
        values(indices),
        new Shape(indices.length, shape.channels(), shape.height(), shape.width()));
  }

  /**
   * What {@link #batch} puts into an array, made without the engine, so that any thread may.
   *
   * @return N * C * H * W values in [0, 1]: byte / 255
   * @throws IndexOutOfBoundsException when an index is out of range
   */
  default float[] values(int[] indices) {
    int elements = shape().elements();
    float[] values = new float[Math.multiplyExact(indices.length, elements)];
    int out = 0;
    for (int index : indices) {
      for (byte value : image(index)) {
        values[out++] = UnitBytes.value(value);
      }
    }
    return values;
  }

  /** The bytes of one image in C, H, W order; a copy. */
  byte[] image(int index);

  /**
   * Hex SHA-256 of the decoded content: the text {@code images N C H W\n}, then every byte in index
   * order and C, H, W order. It does not depend on the file format that the images came from.
   */
  String digest();

  /** Class of every image, when the dataset has labels; the array is a copy. */
  Optional<int[]> labels();
}
