package dev.fewstep.worker.features;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.image.PilResize;
import dev.fewstep.worker.tensor.Tensors;

/**
 * Resizes whose axes are independent, as two matrix products: differentiable where the original
 * program is not.
 */
final class ResizeMatrices {
  private ResizeMatrices() {}

  /**
   * Pillow's bicubic in mode {@code F}: antialiased, may overshoot.
   *
   * @param x (N, C, H, W)
   * @return (N, C, height, width)
   */
  static NDArray pillowBicubic(NDArray x, int height, int width) {
    int h = (int) x.getShape().get(2);
    int w = (int) x.getShape().get(3);
    return apply(x, pillow(h, height), pillow(w, width), height, width);
  }

  /**
   * TensorFlow 1's {@code resize_bilinear} without {@code align_corners}: source = target times
   * scale, no half-pixel offset, no antialiasing.
   *
   * @param x (N, C, H, W)
   * @return (N, C, height, width)
   */
  static NDArray tensorFlow1(NDArray x, int height, int width) {
    int h = (int) x.getShape().get(2);
    int w = (int) x.getShape().get(3);
    return apply(x, tensorFlow(h, height), tensorFlow(w, width), height, width);
  }

  private static NDArray apply(NDArray x, float[] rows, float[] columns, int height, int width) {
    NDManager scope = x.getManager();
    NDArray down =
        Tensors.of(scope, rows, new Shape(x.getShape().get(2), height))
            .toType(x.getDataType(), false)
            .transpose();
    NDArray across =
        Tensors.of(scope, columns, new Shape(x.getShape().get(3), width))
            .toType(x.getDataType(), false);
    return FeatureOps.separable(x, down, across);
  }

  /** Weight of every source pixel (row) in every target pixel (column). */
  private static float[] pillow(int source, int target) {
    float[] identity = new float[source * source];
    for (int i = 0; i < source; i++) {
      identity[i * source + i] = 1;
    }
    return new PilResize(1, source, 1, target, PilResize.Filter.BICUBIC).floats(identity);
  }

  private static float[] tensorFlow(int source, int target) {
    float[] weights = new float[source * target];
    float scale = source / (float) target;
    for (int i = 0; i < target; i++) {
      float at = i * scale;
      int lower = (int) Math.floor(at);
      int upper = Math.min(lower + 1, source - 1);
      float lerp = at - lower;
      weights[lower * target + i] += 1 - lerp;
      weights[upper * target + i] += lerp;
    }
    return weights;
  }
}
