package dev.fewstep.worker.features;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;

/** Features and probabilities that went through a network side by side. */
final class Classifications {
  private Classifications() {}

  /** Parts (N, dimensions + classes); the parts belong to the manager of the whole. */
  static Classifier.Classified split(NDArray both, int dimensions) {
    return new Classifier.Classified(
        both.get(new NDIndex(":, :" + dimensions)).duplicate(),
        both.get(new NDIndex(":, " + dimensions + ":")).duplicate());
  }
}
