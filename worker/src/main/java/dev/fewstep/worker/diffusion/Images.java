package dev.fewstep.worker.diffusion;

import ai.djl.ndarray.NDArray;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.Tensors;

/** Images of a diffusion's samples. */
public final class Images {
  private Images() {}

  /**
   * clamp((x + 1) / 2, 0, 1), without recording gradients.
   *
   * @param samples values around [-1, 1]; stays open
   * @return values in [0, 1], same shape, owned by the samples' manager
   */
  public static NDArray of(NDArray samples) {
    return Autograd.off(
        () -> {
          try (NDArray raised = Tensors.add(samples, 1f);
              NDArray halved = Tensors.mul(raised, 0.5f)) {
            return Tensors.clip(halved, 0, 1);
          }
        });
  }
}
