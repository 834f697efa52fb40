package dev.fewstep.worker.training;

import ai.djl.ndarray.NDArray;
import dev.fewstep.worker.tensor.TensorLists;
import java.util.List;

/** Clipping by the global L2 norm, as torch's {@code clip_grad_norm_}. */
public final class GradientClip {
  private GradientClip() {}

  /**
   * Multiplies all gradients by max / (norm + 1e-6) when that is below 1.
   *
   * @param gradients changed in place
   * @param max bound on the norm, above 0
   * @return the norm before clipping
   */
  public static double clip(List<NDArray> gradients, double max) {
    double norm;
    try (NDArray value = TensorLists.globalNorm(gradients.get(0).getManager(), gradients)) {
      norm = value.getFloat();
    }
    double factor = max / (norm + 1e-6);
    if (factor < 1) {
      TensorLists.scaleInPlace(gradients, factor);
    }
    return norm;
  }
}
