package dev.fewstep.worker.features;

import ai.djl.ndarray.NDArray;

/** Layers of a frozen network; its parameters belong to whoever made it. */
interface ImageNetwork {
  /**
   * Its features.
   *
   * @param input what its preprocessing gives, owned by a scope
   * @return (N, dimensions()), owned by the same scope
   */
  NDArray features(NDArray input);

  /** Number of features. */
  int dimensions();
}
