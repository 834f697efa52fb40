package dev.fewstep.worker.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/**
 * Density and coverage (Naeem et al. 2020, equations 3 and 4, as the authors' {@code prdc} runs
 * them: open balls around real vectors), in float64.
 *
 * @param density mean number of real balls around a generated image, over k; may exceed 1
 * @param coverage share of real balls that hold a generated image, 0 to 1
 */
public record DensityCoverage(double density, double coverage) {
  /** Neighbours in the published protocol. */
  public static final int NEIGHBOURS = 5;

  /** As {@link #between(NDManager, FeatureRows, FeatureRows, int)}. */
  public static DensityCoverage between(NDArray real, NDArray generated, int k) {
    return between(real.getManager(), FeatureRows.of(real), FeatureRows.of(generated), k);
  }

  /**
   * Computes both.
   *
   * @param manager on whose device it is computed
   * @param real more than k vectors
   * @param generated 2 vectors or more
   * @param k neighbours, at least 1
   */
  public static DensityCoverage between(
      NDManager manager, FeatureRows real, FeatureRows generated, int k) {
    KernelDistance.checkShapes(real, generated);
    double[] radii = Neighbours.radii(manager, real, k);
    long balls = 0;
    for (int count : Neighbours.ballsOf(manager, generated, real, radii, false)) {
      balls += count;
    }
    int occupied = 0;
    for (boolean held : Neighbours.occupied(manager, real, radii, generated)) {
      occupied += held ? 1 : 0;
    }
    return new DensityCoverage(
        (double) balls / k / generated.count(), (double) occupied / real.count());
  }
}
