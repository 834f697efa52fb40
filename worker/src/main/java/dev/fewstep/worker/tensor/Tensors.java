package dev.fewstep.worker.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.util.function.BiFunction;

/**
 * Tensors from Java values, and arithmetic with numbers, whose memory libtorch owns.
 *
 * <p>DJL lays a tensor that it makes from Java values over a direct buffer, and every {@code
 * x.mul(number)} makes one for its number and drops it at once. What libtorch keeps of it, such as
 * the factor that a product's gradient needs, then reads memory that the garbage collector may free
 * before the backward pass: gradients are silently wrong when a collection falls between the two.
 * So no other class of the worker calls {@link NDManager#create} with values or an operator with a
 * number. Results are bit for bit those of DJL's methods of the same name.
 */
public final class Tensors {
  private Tensors() {}

  /**
   * A vector.
   *
   * @return float32 (n)
   */
  public static NDArray of(NDManager manager, float[] values) {
    return owned(manager.create(values));
  }

  /**
   * A vector.
   *
   * @return float64 (n)
   */
  public static NDArray of(NDManager manager, double[] values) {
    return owned(manager.create(values));
  }

  /**
   * A vector.
   *
   * @return int64 (n)
   */
  public static NDArray of(NDManager manager, long[] values) {
    return owned(manager.create(values));
  }

  /**
   * Values in C order.
   *
   * @return float32 of the shape
   */
  public static NDArray of(NDManager manager, float[] values, Shape shape) {
    return owned(manager.create(values, shape));
  }

  /**
   * Values in C order.
   *
   * @return float64 of the shape
   */
  public static NDArray of(NDManager manager, double[] values, Shape shape) {
    return owned(manager.create(values, shape));
  }

  /**
   * Values in C order and the machine's byte order.
   *
   * @return of the type and the shape
   */
  public static NDArray of(NDManager manager, ByteBuffer values, Shape shape, DataType type) {
    return owned(manager.create(values, shape, type));
  }

  private static NDArray owned(NDArray borrowed) {
    try (borrowed) {
      return borrowed.duplicate();
    }
  }

  /** x + number. */
  public static NDArray add(NDArray x, Number number) {
    return with(x, number, NDArray::add);
  }

  /** x - number. */
  public static NDArray sub(NDArray x, Number number) {
    return with(x, number, NDArray::sub);
  }

  /** x * number. */
  public static NDArray mul(NDArray x, Number number) {
    return with(x, number, NDArray::mul);
  }

  /** x / number. */
  public static NDArray div(NDArray x, Number number) {
    return with(x, number, NDArray::div);
  }

  /** x to the power of number, element by element. */
  public static NDArray pow(NDArray x, Number number) {
    return with(x, number, NDArray::pow);
  }

  /** The larger of x and number, element by element. */
  public static NDArray maximum(NDArray x, Number number) {
    return with(x, number, NDArray::maximum);
  }

  /** x + number in place. */
  public static NDArray addi(NDArray x, Number number) {
    return with(x, number, NDArray::addi);
  }

  /** x - number in place. */
  public static NDArray subi(NDArray x, Number number) {
    return with(x, number, NDArray::subi);
  }

  /** x * number in place. */
  public static NDArray muli(NDArray x, Number number) {
    return with(x, number, NDArray::muli);
  }

  /** x / number in place. */
  public static NDArray divi(NDArray x, Number number) {
    return with(x, number, NDArray::divi);
  }

  /**
   * x with what lies outside [least, most] moved to the nearer end; the gradient is 1 inside, ends
   * included.
   */
  public static NDArray clip(NDArray x, double least, double most) {
    return AtenOps.clamp(x, least, most);
  }

  private static NDArray with(
      NDArray x, Number number, BiFunction<NDArray, NDArray, NDArray> operator) {
    try (NDArray scalar = owned(x.getManager().create(number))) {
      return operator.apply(x, scalar);
    }
  }
}
