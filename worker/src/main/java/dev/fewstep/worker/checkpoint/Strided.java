package dev.fewstep.worker.checkpoint;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.types.DataType;
import java.nio.ByteBuffer;

/** Views of a storage: offset and strides in elements, as PyTorch and Fortran order have them. */
final class Strided {
  /** PyTorch's own limit. */
  private static final int MAX_RANK = 64;

  private Strided() {}

  /**
   * Checks that a view stays in its storage.
   *
   * @param elements of the storage
   * @throws IllegalArgumentException when it does not, or has a negative size, stride or offset
   */
  static void check(long[] shape, long[] strides, long offset, long elements) {
    require(
        shape.length == strides.length, "%s sizes but %s strides", shape.length, strides.length);
    require(shape.length <= MAX_RANK, "a tensor of %s dimensions", shape.length);
    require(offset >= 0, "a storage offset must not be negative: %s", offset);
    boolean empty = false;
    for (int i = 0; i < shape.length; i++) {
      require(shape[i] >= 0, "a dimension must not be negative: %s", shape[i]);
      require(strides[i] >= 0, "a stride must not be negative: %s", strides[i]);
      empty |= shape[i] == 0;
    }
    if (empty) {
      return;
    }
    try {
      long last = offset;
      for (int i = 0; i < shape.length; i++) {
        last = Math.addExact(last, Math.multiplyExact(shape[i] - 1, strides[i]));
      }
      require(last < elements, "a tensor reaches element %s of a storage of %s", last, elements);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("a tensor reaches beyond any storage", e);
    }
  }

  /**
   * Copies a view into C order; a view of a whole storage in that order is not copied.
   *
   * @param shape dimensions
   * @param strides elements between neighbours along each dimension, 0 or more
   * @param offset first element
   * @param storage little-endian elements, from position 0 to the limit
   * @throws IllegalArgumentException when the view leaves the storage
   */
  static RawTensor gather(
      DataType type, long[] shape, long[] strides, long offset, ByteBuffer storage) {
    int width = type.getNumOfBytes();
    long size = RawTensor.byteSize(type, shape);
    check(shape, strides, offset, storage.limit() / width);
    if (contiguous(shape, strides)) {
      ByteBuffer view = storage.duplicate();
      view.position(size == 0 ? 0 : (int) (offset * width));
      view.limit(view.position() + (int) size);
      boolean whole = view.remaining() == storage.limit();
      return new RawTensor(type, shape, whole ? view : copy(view));
    }
    require(
        size <= Math.max(storage.limit(), 1L << 24),
        "a tensor of %s bytes expands a storage of %s",
        size,
        storage.limit());
    ByteBuffer out = RawTensor.allocate(size);
    if (size > 0) {
      copyElements(shape, strides, offset, storage, width, out);
    }
    return new RawTensor(type, shape, out.flip());
  }

  private static ByteBuffer copy(ByteBuffer view) {
    ByteBuffer out = RawTensor.allocate(view.remaining());
    out.put(view).flip();
    return out;
  }

  private static boolean contiguous(long[] shape, long[] strides) {
    long expected = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      if (shape[i] != 1 && strides[i] != expected) {
        return false;
      }
      expected *= shape[i];
    }
    return true;
  }

  private static void copyElements(
      long[] shape, long[] strides, long offset, ByteBuffer storage, int width, ByteBuffer out) {
    long[] index = new long[shape.length];
    long element = offset;
    while (true) {
      int from = (int) (element * width);
      for (int b = 0; b < width; b++) {
        out.put(storage.get(from + b));
      }
      int axis = shape.length - 1;
      while (axis >= 0 && ++index[axis] == shape[axis]) {
        element -= (shape[axis] - 1) * strides[axis];
        index[axis] = 0;
        axis--;
      }
      if (axis < 0) {
        return;
      }
      element += strides[axis];
    }
  }
}
