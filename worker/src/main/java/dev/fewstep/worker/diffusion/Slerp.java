package dev.fewstep.worker.diffusion;

import static dev.fewstep.schemas.spec.Checks.require;

/**
 * Spherical interpolation, which keeps Gaussian noise about as long as Gaussian noise is (DDIM,
 * runners/diffusion.py, sample_interpolation; Shoemake 1985).
 */
public final class Slerp {
  /** Below this angle, and that far from opposite, sin(theta) carries no digits. */
  private static final double SMALL_ANGLE = 1e-6;

  private Slerp() {}

  /**
   * sin((1-alpha) theta) / sin(theta) a + sin(alpha theta) / sin(theta) b, where theta is the angle
   * between a and b taken as single vectors. At alpha 0 and 1 the result is a and b bit for bit;
   * vectors that point the same way are interpolated linearly. Angles are formed in double.
   *
   * @param a not zero
   * @param b not zero, as long as a
   * @param alpha in [0, 1]
   * @throws IllegalArgumentException when a vector is zero or not finite, or the two are opposite,
   *     so that no arc between them is the shortest
   */
  public static float[] between(float[] a, float[] b, double alpha) {
    require(a.length == b.length, "vectors of %s and %s values", a.length, b.length);
    require(alpha >= 0 && alpha <= 1, "alpha must be in [0, 1], not %s", alpha);
    if (alpha == 0 || alpha == 1) {
      return alpha == 0 ? a.clone() : b.clone();
    }
    double theta = angle(a, b);
    require(Math.PI - theta > SMALL_ANGLE, "the vectors are opposite: no arc is the shortest");
    double ofA = 1 - alpha;
    double ofB = alpha;
    if (theta > SMALL_ANGLE) {
      ofA = Math.sin((1 - alpha) * theta) / Math.sin(theta);
      ofB = Math.sin(alpha * theta) / Math.sin(theta);
    }
    float[] out = new float[a.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) (ofA * a[i] + ofB * b[i]);
    }
    return out;
  }

  /** Angle between two vectors in [0, pi]. */
  static double angle(float[] a, float[] b) {
    double dot = 0;
    double ofA = 0;
    double ofB = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      ofA += (double) a[i] * a[i];
      ofB += (double) b[i] * b[i];
    }
    require(
        ofA > 0 && ofB > 0 && ofA + ofB < Double.POSITIVE_INFINITY,
        "a vector is zero or not finite: it has no direction");
    return Math.acos(Math.max(-1, Math.min(1, dot / (Math.sqrt(ofA) * Math.sqrt(ofB)))));
  }
}
