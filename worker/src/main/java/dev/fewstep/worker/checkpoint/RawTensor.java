package dev.fewstep.worker.checkpoint;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.tensor.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A dense tensor as its bytes: C order, little-endian. Files are read to these, so that every
 * format shares one way to the engine.
 */
public final class RawTensor {
  private final DataType type;
  private final long[] shape;
  private final ByteBuffer bytes;

  /**
   * Wraps bytes without copying them.
   *
   * @param type element type, stored in {@code type.getNumOfBytes()} bytes
   * @param shape dimensions, none for a scalar
   * @param bytes from position to limit, exactly the elements
   */
  public RawTensor(DataType type, long[] shape, ByteBuffer bytes) {
    this.type = type;
    this.shape = shape.clone();
    this.bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    long expected = byteSize(type, shape);
    require(
        expected == this.bytes.remaining(),
        "a %s tensor of shape %s takes %s bytes, not %s",
        type,
        new Shape(shape),
        expected,
        this.bytes.remaining());
  }

  /**
   * Bytes that a tensor takes.
   *
   * @throws IllegalArgumentException when a dimension is negative or the product overflows
   */
  static long byteSize(DataType type, long[] shape) {
    long size = type.getNumOfBytes();
    for (long dimension : shape) {
      require(dimension >= 0, "a dimension must not be negative: %s", dimension);
      try {
        size = Math.multiplyExact(size, dimension);
      } catch (ArithmeticException e) {
        throw new IllegalArgumentException("the shape " + new Shape(shape) + " is too large", e);
      }
    }
    return size;
  }

  /** A direct little-endian buffer that the engine can use in place. */
  static ByteBuffer allocate(long bytes) {
    require(
        bytes >= 0 && bytes <= Integer.MAX_VALUE - 64,
        "a tensor of %s bytes is more than the 2 GiB that one may have",
        bytes);
    return ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Copies an array of the engine. */
  public static RawTensor of(NDArray array) {
    ByteBuffer source = array.toByteBuffer();
    ByteBuffer copy = allocate(source.remaining());
    copy.put(source).flip();
    return new RawTensor(array.getDataType(), array.getShape().getShape(), copy);
  }

  /** Element type. */
  public DataType type() {
    return type;
  }

  /** Dimensions; a copy. */
  public long[] shape() {
    return shape.clone();
  }

  /** The elements: an independent read-only little-endian view. */
  public ByteBuffer bytes() {
    return bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Makes an array of the engine. Half-precision types become float32 and int16 becomes int32,
   * which hold each of their values exactly; the others keep their type. The array has memory of
   * its own.
   */
  public NDArray toArray(NDManager manager) {
    if (type == DataType.FLOAT16 || type == DataType.BFLOAT16) {
      return widened(manager);
    }
    if (type == DataType.INT16) {
      ByteBuffer wide = allocate(2L * bytes.remaining());
      for (int at = 0; at < bytes.limit(); at += 2) {
        wide.putInt(2 * at, bytes.getShort(at));
      }
      return Tensors.of(
          manager, wide.order(ByteOrder.nativeOrder()), new Shape(shape), DataType.INT32);
    }
    ByteBuffer direct = bytes;
    if (!bytes.isDirect()) {
      direct = allocate(bytes.remaining());
      direct.put(bytes.duplicate()).flip();
    }
    return Tensors.of(
        manager, direct.duplicate().order(ByteOrder.nativeOrder()), new Shape(shape), type);
  }

  private NDArray widened(NDManager manager) {
    int count = bytes.remaining() / 2;
    ByteBuffer wide = allocate(4L * count);
    for (int i = 0; i < count; i++) {
      short bits = bytes.getShort(2 * i);
      float value =
          type == DataType.BFLOAT16 ? Float.intBitsToFloat(bits << 16) : halfToFloat(bits);
      wide.putFloat(4 * i, value);
    }
    return Tensors.of(
        manager, wide.order(ByteOrder.nativeOrder()), new Shape(shape), DataType.FLOAT32);
  }

  /** IEEE 754 binary16 to binary32; every value is exact. */
  static float halfToFloat(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = (bits >> 10) & 0x1f;
    int fraction = bits & 0x3ff;
    if (exponent == 0) {
      float magnitude = fraction * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    if (exponent == 31) {
      return Float.intBitsToFloat(sign | 0x7f800000 | fraction << 13);
    }
    return Float.intBitsToFloat(sign | (exponent + 112) << 23 | fraction << 13);
  }
}
