package dev.fewstep.worker.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/**
 * Improved precision and recall (Kynkäänniemi et al. 2019): a vector counts when it lies within the
 * k-th nearest neighbour's distance of any vector of the other set, in float64.
 *
 * @param precision share of generated images that look real, 0 to 1
 * @param recall share of real images that the generator reaches, 0 to 1
 */
public record PrecisionRecall(double precision, double recall) {
  /** Neighbours in the published protocol. */
  public static final int NEIGHBOURS = 3;

  /** As {@link #between(NDManager, FeatureRows, FeatureRows, int)}. */
  public static PrecisionRecall between(NDArray real, NDArray generated, int k) {
    return between(real.getManager(), FeatureRows.of(real), FeatureRows.of(generated), k);
  }

  /**
   * Computes both.
   *
   * @param manager on whose device it is computed
   * @param real more than k vectors
   * @param generated more than k vectors
   * @param k neighbours, at least 1
   */
  public static PrecisionRecall between(
      NDManager manager, FeatureRows real, FeatureRows generated, int k) {
    KernelDistance.checkShapes(real, generated);
    double[] reals = Neighbours.radii(manager, real, k);
    double[] made = Neighbours.radii(manager, generated, k);
    return new PrecisionRecall(
        covered(Neighbours.ballsOf(manager, generated, real, reals, true)),
        covered(Neighbours.ballsOf(manager, real, generated, made, true)));
  }

  private static double covered(int[] balls) {
    int inside = 0;
    for (int count : balls) {
      inside += count > 0 ? 1 : 0;
    }
    return (double) inside / balls.length;
  }
}
