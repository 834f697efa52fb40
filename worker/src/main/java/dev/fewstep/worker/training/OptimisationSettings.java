package dev.fewstep.worker.training;

/**
 * What a training does with its gradients.
 *
 * @param learningRate over updates
 * @param clipNorm bound on the global gradient norm, above 0
 * @param emaDecay decay of the averaged weights in [0, 1); 0 keeps none
 * @param emaWarmUp whether the average soon forgets a random start
 * @param adam the optimiser's constants
 */
record OptimisationSettings(
    LearningRate learningRate,
    double clipNorm,
    double emaDecay,
    boolean emaWarmUp,
    AdamSettings adam) {
  OptimisationSettings {
    if (!(clipNorm > 0)) {
      throw new IllegalArgumentException("clipNorm must be positive but is " + clipNorm);
    }
    if (!(emaDecay >= 0 && emaDecay < 1)) {
      throw new IllegalArgumentException("emaDecay must be in [0, 1) but is " + emaDecay);
    }
  }
}
