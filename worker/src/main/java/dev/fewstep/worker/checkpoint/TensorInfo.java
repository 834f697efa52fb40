package dev.fewstep.worker.checkpoint;

import ai.djl.ndarray.types.DataType;
import java.util.List;

/**
 * What a file says of a tensor before its elements are read.
 *
 * @param type element type
 * @param shape dimensions, none for a scalar
 * @param container path of the list or dictionary in the file that holds it, such as {@code /4} or
 *     {@code /optimizer/state/0}; empty for the outermost
 */
public record TensorInfo(DataType type, List<Long> shape, String container) {
  /** Checks that the size fits a long. */
  public TensorInfo {
    shape = List.copyOf(shape);
    RawTensor.byteSize(type, dimensions(shape));
  }

  /** The dimensions; a copy. */
  public long[] dimensions() {
    return dimensions(shape);
  }

  static long[] dimensions(List<Long> shape) {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }

  /** Number of elements, 1 for a scalar. */
  public long elements() {
    return shape.stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
  }

  /** Bytes of the elements. */
  public long bytes() {
    return RawTensor.byteSize(type, dimensions());
  }
}
