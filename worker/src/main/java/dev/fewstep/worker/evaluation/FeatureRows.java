package dev.fewstep.worker.evaluation;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import dev.fewstep.worker.tensor.Tensors;
import java.util.Arrays;

/** Feature vectors that are read block by block, so that they need not all be in memory. */
public interface FeatureRows {
  /** Number of vectors. */
  int count();

  /** Dimensions of a vector. */
  int dimensions();

  /**
   * Consecutive vectors.
   *
   * @param manager owner of the result
   * @param from index of the first
   * @param to index after the last
   * @return float64 (to - from, dimensions())
   */
  NDArray block(NDManager manager, int from, int to);

  /**
   * Vectors by index.
   *
   * @param manager owner of the result
   * @param indices in any order
   * @return float64 (indices.length, dimensions())
   */
  NDArray pick(NDManager manager, int[] indices);

  /** The first {@code count} vectors alone. */
  default FeatureRows first(int count) {
    require(count >= 1 && count <= count(), "the first %s of %s vectors", count, count());
    FeatureRows all = this;
    return new FeatureRows() {
      @Override
      public int count() {
        return count;
      }

      @Override
      public int dimensions() {
        return all.dimensions();
      }

      @Override
      public NDArray block(NDManager manager, int from, int to) {
        return all.block(manager, from, to);
      }

      @Override
      public NDArray pick(NDManager manager, int[] indices) {
        return all.pick(manager, indices);
      }
    };
  }

  /**
   * The rows of an array.
   *
   * @param features (N, D) of any float type, which must live as long as they are read
   */
  static FeatureRows of(NDArray features) {
    require(
        features.getShape().dimension() == 2 && features.getShape().size() > 0,
        "features of shape %s, expected (N, D)",
        features.getShape());
    int count = Math.toIntExact(features.getShape().get(0));
    int dimensions = Math.toIntExact(features.getShape().get(1));
    return new FeatureRows() {
      @Override
      public int count() {
        return count;
      }

      @Override
      public int dimensions() {
        return dimensions;
      }

      @Override
      public NDArray block(NDManager manager, int from, int to) {
        return wide(manager, features.get(new NDIndex().addSliceDim(from, to)));
      }

      @Override
      public NDArray pick(NDManager manager, int[] indices) {
        try (NDArray index =
            Tensors.of(features.getManager(), Arrays.stream(indices).asLongStream().toArray())) {
          return wide(manager, features.get(new NDIndex("{}", index)));
        }
      }

      private static NDArray wide(NDManager manager, NDArray part) {
        try (part) {
          NDArray wide = part.toType(DataType.FLOAT64, true);
          wide.attach(manager);
          return wide;
        }
      }
    };
  }
}
