package dev.fewstep.worker.evaluation;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.Tensors;

/**
 * Gathers {@link FeatureStatistics} batch by batch. Vectors are taken in index order and summed in
 * blocks of a fixed size, so that the result does not depend, bit for bit, on the batches in which
 * they came.
 */
public final class StatisticsAccumulator implements AutoCloseable {
  private static final int BLOCK = 256;

  private final NDManager manager;
  private final int dimensions;
  private final double[] block;
  private int filled;
  private long count;
  private final NDArray mean;
  private final NDArray scatter;

  /**
   * Starts empty.
   *
   * @param parent manager on whose device the sums are made
   * @param dimensions of a vector, at least 1
   */
  public StatisticsAccumulator(NDManager parent, int dimensions) {
    require(dimensions >= 1, "features need at least 1 dimension, not %s", dimensions);
    this.manager = parent.newSubManager();
    this.dimensions = dimensions;
    this.block = new double[BLOCK * dimensions];
    this.mean = manager.zeros(new Shape(dimensions), DataType.FLOAT64);
    this.scatter = manager.zeros(new Shape(dimensions, dimensions), DataType.FLOAT64);
  }

  /**
   * Adds the next vectors.
   *
   * @param features (N, D) of any float type
   * @throws IllegalArgumentException when a value is not finite or D differs
   */
  public void add(NDArray features) {
    Shape shape = features.getShape();
    require(
        shape.dimension() == 2 && shape.get(1) == dimensions,
        "features of shape %s, expected (N, %s)",
        shape,
        dimensions);
    double[] values;
    try (NDArray wide = features.toType(DataType.FLOAT64, true)) {
      values = wide.toDoubleArray();
    }
    for (int i = 0; i < values.length; i++) {
      require(
          Double.isFinite(values[i]),
          "feature %s of vector %s is not finite",
          i % dimensions,
          count + filled + i / dimensions);
    }
    int taken = 0;
    while (taken < values.length) {
      int room = (BLOCK - filled) * dimensions;
      int length = Math.min(room, values.length - taken);
      System.arraycopy(values, taken, block, filled * dimensions, length);
      filled += length / dimensions;
      taken += length;
      if (filled == BLOCK) {
        Autograd.silently(this::flush);
      }
    }
  }

  /** Merges the block into the sums (Chan, Golub, LeVeque 1979). */
  private void flush() {
    if (filled == 0) {
      return;
    }
    try (NDManager step = manager.newSubManager()) {
      double[] rows = java.util.Arrays.copyOf(block, filled * dimensions);
      NDArray x = Tensors.of(step, rows, new Shape(filled, dimensions));
      NDArray blockMean = x.mean(new int[] {0});
      NDArray centred = x.sub(blockMean);
      NDArray blockScatter = centred.transpose().matMul(centred);
      long total = count + filled;
      NDArray delta = blockMean.sub(mean);
      NDArray outer = delta.reshape(dimensions, 1).matMul(delta.reshape(1, dimensions));
      scatter.addi(blockScatter.addi(Tensors.muli(outer, (double) count * filled / total)));
      mean.addi(Tensors.mul(delta, (double) filled / total));
      count = total;
    }
    filled = 0;
  }

  /**
   * The statistics of everything added so far.
   *
   * @throws IllegalArgumentException with fewer than 2 vectors
   */
  public FeatureStatistics finish() {
    Autograd.silently(this::flush);
    require(count >= 2, "a covariance needs at least 2 vectors, not %s", count);
    double[] covariance = scatter.toDoubleArray();
    for (int i = 0; i < covariance.length; i++) {
      covariance[i] /= count - 1;
    }
    return new FeatureStatistics(count, mean.toDoubleArray(), covariance);
  }

  @Override
  public void close() {
    manager.close();
  }
}
