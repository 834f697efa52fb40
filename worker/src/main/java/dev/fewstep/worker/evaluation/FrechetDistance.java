package dev.fewstep.worker.evaluation;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * |m1 - m2|² + tr S1 + tr S2 - 2 tr (S1^½ S2 S1^½)^½ in float64 (Dowson and Landau 1982; Heusel et
 * al. 2017 with Inception features).
 *
 * <p>With any factor S1 = B B', the matrix under the root has the eigenvalues of B' S2 B. B is the
 * Cholesky factor of whichever covariance has a good one, else V w^½ of the eigenvalues w of S1
 * that are not zero. Eigenvalues are clipped at 0: this does not fail where SciPy's matrix square
 * root does.
 */
public final class FrechetDistance {
  /** A factor whose pivots differ by more than this is taken as singular. */
  private static final double PIVOTS = 1e-6;

  /** Eigenvalues of S1 below this part of the greatest, times D, count as 0: rounding. */
  private static final double RANK = Math.ulp(1.0);

  private FrechetDistance() {}

  /**
   * The distance; 0 or more.
   *
   * @param manager on whose device it is computed
   * @param real statistics of the real images
   * @param generated statistics of the generated images
   * @throws IllegalArgumentException when the dimensions differ, or either set has fewer vectors
   *     than dimensions: its covariance is singular and the distance says little
   */
  public static double between(
      NDManager manager, FeatureStatistics real, FeatureStatistics generated) {
    requireEnough("real", real);
    requireEnough("generated", generated);
    return betweenAnyCounts(manager, real, generated);
  }

  /**
   * As {@link #between}, but with fewer vectors than dimensions too; never for a published score.
   */
  public static double betweenAnyCounts(
      NDManager manager, FeatureStatistics real, FeatureStatistics generated) {
    requireSameDimensions(real.dimensions(), generated.dimensions());
    return Autograd.off(
        () -> {
          try (NDManager step = manager.newSubManager()) {
            double trace = crossTrace(real.covariance(step), generated.covariance(step));
            return distance(step, real, generated, trace);
          }
        });
  }

  /**
   * The distance of two sets of vectors, with fewer of them than dimensions too: then the
   * eigenvalues come from the smaller Gram matrix and not from singular covariances. Never for a
   * published score.
   *
   * @param real (M, D), M at least 2
   * @param generated (N, D), N at least 2
   */
  public static double ofRows(NDArray real, NDArray generated) {
    int d = (int) real.getShape().get(1);
    requireSameDimensions(d, (int) generated.getShape().get(1));
    FeatureStatistics a = FeatureStatistics.of(real);
    FeatureStatistics b = FeatureStatistics.of(generated);
    if (a.count() > d && b.count() > d) {
      return betweenAnyCounts(real.getManager(), a, b);
    }
    return Autograd.off(
        () -> {
          try (NDManager step = real.getManager().newSubManager()) {
            NDArray x = centred(step, real, a);
            NDArray y = centred(step, generated, b);
            double trace;
            if (a.count() <= d && b.count() <= d) {
              trace = singularValues(x.matMul(y.transpose()));
            } else if (a.count() <= d) {
              trace = roots(x.matMul(b.covariance(step)).matMul(x.transpose()));
            } else {
              trace = roots(y.matMul(a.covariance(step)).matMul(y.transpose()));
            }
            return distance(step, a, b, trace);
          }
        });
  }

  private static double distance(
      NDManager step, FeatureStatistics a, FeatureStatistics b, double crossTrace) {
    double means = a.mean(step).sub(b.mean(step)).square().sum().toDoubleArray()[0];
    double value = means + a.trace() + b.trace() - 2 * crossTrace;
    require(Double.isFinite(value), "the Fréchet distance is not finite");
    return Math.max(0.0, value);
  }

  /** tr (S1^½ S2 S1^½)^½. */
  private static double crossTrace(NDArray s1, NDArray s2) {
    int[] shared = sharedSupport(s1, s2);
    if (shared.length == 0) {
      return 0;
    }
    boolean all = shared.length == s1.getShape().get(0);
    NDArray a = all ? s1 : block(s1, shared);
    NDArray b = all ? s2 : block(s2, shared);
    Optional<NDArray> factor = choleskyFactor(a);
    if (factor.isPresent()) {
      return roots(congruent(factor.get(), b));
    }
    factor = choleskyFactor(b);
    return roots(factor.map(f -> congruent(f, a)).orElseGet(() -> congruent(eigenFactor(a), b)));
  }

  private static NDArray congruent(NDArray factor, NDArray s) {
    return factor.transpose().matMul(s.matMul(factor));
  }

  /** Dimensions in which both vary: only these reach the trace of the root. */
  private static int[] sharedSupport(NDArray s1, NDArray s2) {
    int d = (int) s1.getShape().get(0);
    double[] a = diagonal(s1);
    double[] b = diagonal(s2);
    return IntStream.range(0, d).filter(i -> a[i] > 0 && b[i] > 0).toArray();
  }

  private static double[] diagonal(NDArray s) {
    long d = s.getShape().get(0);
    return s.reshape(d * d).get(new NDIndex("::" + (d + 1))).toDoubleArray();
  }

  private static NDArray block(NDArray s, int[] kept) {
    NDArray index = Tensors.of(s.getManager(), Arrays.stream(kept).asLongStream().toArray());
    NDArray rows = s.get(new NDIndex("{}", index));
    return rows.get(new NDIndex(":, {}", index));
  }

  private static Optional<NDArray> choleskyFactor(NDArray s) {
    List<NDArray> factor = AtenOps.cholesky(s);
    if (factor.get(1).toIntArray()[0] != 0) {
      return Optional.empty();
    }
    double[] pivots = diagonal(factor.get(0));
    double least = Arrays.stream(pivots).min().orElseThrow();
    double greatest = Arrays.stream(pivots).max().orElseThrow();
    return least >= PIVOTS * greatest ? Optional.of(factor.get(0)) : Optional.empty();
  }

  private static NDArray eigenFactor(NDArray s) {
    List<NDArray> eigen = AtenOps.eigh(s);
    double[] values = eigen.get(0).toDoubleArray();
    double greatest = values[values.length - 1];
    int zeros = 0;
    while (zeros < values.length - 1 && values[zeros] <= RANK * values.length * greatest) {
      zeros++;
    }
    NDArray kept = Tensors.maximum(eigen.get(0).get(new NDIndex("{}:", zeros)), 0);
    return eigen.get(1).get(new NDIndex(":, {}:", zeros)).mul(kept.sqrt());
  }

  /** Sum of the roots of a symmetric matrix's eigenvalues. */
  private static double roots(NDArray symmetric) {
    return Tensors.maximum(AtenOps.eigvalsh(symmetric), 0).sqrt().sum().toDoubleArray()[0];
  }

  /** Sum of the singular values: the exact root of a product of two Gram factors. */
  private static double singularValues(NDArray matrix) {
    return AtenOps.singularValues(matrix).sum().toDoubleArray()[0];
  }

  /** Rows less their mean over the root of count - 1: a factor of the covariance. */
  private static NDArray centred(NDManager step, NDArray rows, FeatureStatistics statistics) {
    NDArray wide = rows.toType(DataType.FLOAT64, true);
    wide.attach(step);
    return Tensors.divi(wide.sub(statistics.mean(step)), Math.sqrt(statistics.count() - 1.0));
  }

  private static void requireSameDimensions(int real, int generated) {
    require(
        real == generated, "real features have %s dimensions, generated ones %s", real, generated);
  }

  private static void requireEnough(String what, FeatureStatistics statistics) {
    require(
        !statistics.countKnown() || statistics.count() >= statistics.dimensions(),
        "%s %s images for %s feature dimensions: the covariance is singular; use at least %s images",
        statistics.count(),
        what,
        statistics.dimensions(),
        statistics.dimensions());
  }
}
