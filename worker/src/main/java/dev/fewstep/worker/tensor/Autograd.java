package dev.fewstep.worker.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.function.Supplier;

/**
 * Gradients confined to the calling thread.
 *
 * <p>DJL's gradient collector allows one recording in the whole JVM; libtorch's grad mode belongs
 * to a thread, and so do the scopes of this class. The mode that the thread had before is restored
 * afterwards.
 */
public final class Autograd {
  private Autograd() {}

  /**
   * Records operations on tensors that require a gradient.
   *
   * @param body what is recorded
   * @param <T> type of the result
   * @return the body's result
   */
  public static <T> T recording(Supplier<T> body) {
    return inMode(true, body);
  }

  /**
   * Records nothing.
   *
   * @param body what is not recorded
   * @param <T> type of the result
   * @return the body's result
   */
  public static <T> T off(Supplier<T> body) {
    return inMode(false, body);
  }

  /**
   * Records nothing, for a body without result.
   *
   * @param body what is not recorded
   */
  public static void silently(Runnable body) {
    inMode(
        false,
        () -> {
          body.run();
          return true;
        });
  }

  private static <T> T inMode(boolean record, Supplier<T> body) {
    TorchEngine.enter();
    try {
      boolean before = JniUtils.isGradMode();
      JniUtils.setGradMode(record);
      try {
        return body.get();
      } finally {
        JniUtils.setGradMode(before);
      }
    } finally {
      TorchEngine.leave();
    }
  }

  /**
   * Adds the vector-Jacobian product to the gradient of every leaf below {@code output} and frees
   * the graph.
   *
   * @param output the recorded result
   * @param upstream dL/d(output), of the same shape
   */
  public static void backward(NDArray output, NDArray upstream) {
    if (!output.getShape().equals(upstream.getShape())) {
      throw new IllegalArgumentException(
          "The gradient has shape "
              + upstream.getShape()
              + " but the output has shape "
              + output.getShape());
    }
    JniUtils.backward((PtNDArray) output, (PtNDArray) upstream, false, false);
  }

  /**
   * As {@link #backward(NDArray, NDArray)} for a scalar and an upstream gradient of 1.
   *
   * @param loss a scalar
   */
  public static void backward(NDArray loss) {
    try (NDArray one = loss.onesLike()) {
      backward(loss, one);
    }
  }

  /**
   * Sets the gradient of a leaf to zero; a leaf without gradient is left alone.
   *
   * @param leaf a tensor that requires a gradient
   */
  public static void zeroGradient(NDArray leaf) {
    JniUtils.zeroGrad((PtNDArray) leaf);
  }
}
