package dev.fewstep.worker.evaluation;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.checkpoint.NpzFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.tensor.Tensors;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Count, mean and covariance (ddof 1) of feature vectors in float64: all that a Fréchet distance
 * needs of a set of images.
 */
public final class FeatureStatistics {
  /** Count of statistics whose file does not say of how many vectors they are. */
  public static final long UNKNOWN_COUNT = 0;

  private static final Set<DataType> FLOATS =
      Set.of(DataType.FLOAT16, DataType.FLOAT32, DataType.FLOAT64);

  private final long count;
  private final double[] mean;
  private final double[] covariance;

  /**
   * Takes copies of neither array.
   *
   * @param count vectors seen, at least 2, or {@link #UNKNOWN_COUNT}
   * @param mean of each dimension
   * @param covariance row by row, mean.length² values
   */
  FeatureStatistics(long count, double[] mean, double[] covariance) {
    require(
        count >= 2 || count == UNKNOWN_COUNT,
        "a covariance needs at least 2 vectors, not %s",
        count);
    require(mean.length >= 1, "features need at least 1 dimension");
    require(
        covariance.length == mean.length * mean.length,
        "a covariance of %s values for %s dimensions",
        covariance.length,
        mean.length);
    requireFinite(mean, "mean");
    requireFinite(covariance, "covariance");
    this.count = count;
    this.mean = mean;
    this.covariance = covariance;
  }

  private static void requireFinite(double[] values, String what) {
    for (double value : values) {
      require(Double.isFinite(value), "the %s of the features is not finite", what);
    }
  }

  /** Statistics of the rows of one array, (N, D) of any float type. */
  public static FeatureStatistics of(NDArray features) {
    try (StatisticsAccumulator accumulator =
        new StatisticsAccumulator(features.getManager(), (int) features.getShape().get(1))) {
      accumulator.add(features);
      return accumulator.finish();
    }
  }

  /** Vectors seen; {@link #UNKNOWN_COUNT} when nobody knows. */
  public long count() {
    return count;
  }

  /** Whether the number of vectors is known. */
  public boolean countKnown() {
    return count != UNKNOWN_COUNT;
  }

  /** Sum of the variances. */
  public double trace() {
    double trace = 0;
    for (int i = 0; i < mean.length; i++) {
      trace += covariance[i * mean.length + i];
    }
    return trace;
  }

  /** Whether mean and covariance are the same numbers. */
  public boolean sameAs(FeatureStatistics other) {
    return Arrays.equals(mean, other.mean) && Arrays.equals(covariance, other.covariance);
  }

  /** Dimensions of a vector. */
  public int dimensions() {
    return mean.length;
  }

  /** The mean, float64 (D). */
  public NDArray mean(NDManager manager) {
    return Tensors.of(manager, mean);
  }

  /** The covariance with divisor count - 1, float64 (D, D). */
  public NDArray covariance(NDManager manager) {
    return Tensors.of(manager, covariance, new Shape(mean.length, mean.length));
  }

  /**
   * Statistics of both sets of vectors together (Chan, Golub, LeVeque 1979).
   *
   * @throws IllegalArgumentException when the dimensions differ or a count is unknown
   */
  public FeatureStatistics merge(FeatureStatistics other) {
    int d = mean.length;
    require(countKnown() && other.countKnown(), "counts must be known to merge statistics");
    require(d == other.mean.length, "%s dimensions and %s", d, other.mean.length);
    long total = count + other.count;
    double weight = (double) other.count / total;
    double[] merged = new double[d];
    double[] delta = new double[d];
    for (int i = 0; i < d; i++) {
      delta[i] = other.mean[i] - mean[i];
      merged[i] = mean[i] + delta[i] * weight;
    }
    double between = (double) count * weight;
    double[] matrix = new double[d * d];
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < d; j++) {
        int at = i * d + j;
        matrix[at] =
            (covariance[at] * (count - 1)
                    + other.covariance[at] * (other.count - 1)
                    + delta[i] * delta[j] * between)
                / (total - 1);
      }
    }
    return new FeatureStatistics(total, merged, matrix);
  }

  /** Writes {@code mu}, {@code sigma} (as pytorch-fid names them) and {@code count}, atomically. */
  public void save(Path file) throws IOException {
    NpzFile.write(file, arrays());
  }

  /** What {@link #save} writes, for a file with more in it. */
  public Map<String, RawTensor> arrays() {
    Map<String, RawTensor> arrays = new LinkedHashMap<>();
    arrays.put("mu", raw(mean, mean.length));
    arrays.put("sigma", raw(covariance, mean.length, mean.length));
    if (countKnown()) {
      ByteBuffer number = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, count);
      arrays.put("count", new RawTensor(DataType.INT64, new long[0], number));
    }
    return arrays;
  }

  private static RawTensor raw(double[] values, long... shape) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(values);
    return new RawTensor(DataType.FLOAT64, shape, bytes);
  }

  /**
   * Reads {@code mu}, {@code sigma} and, where there is one, {@code count}: what {@link #save},
   * pytorch-fid and clean-fid write. Means in half precision (CLIP-FID's on a GPU) and covariances
   * in single precision are widened.
   *
   * @throws TensorFormatException when an array is missing or of the wrong type or shape, or a
   *     value is not finite, or the covariance is not symmetric
   */
  public static FeatureStatistics load(Path file) throws IOException {
    return load(file, OptionalLong.empty());
  }

  /**
   * As {@link #load(Path)}.
   *
   * @param count vectors that they were computed of, used when the file does not say
   */
  public static FeatureStatistics load(Path file, OptionalLong count) throws IOException {
    Map<String, RawTensor> arrays = NpzFile.read(file, Set.of("mu", "sigma", "count")::contains);
    double[] mean = doubles(file, arrays, "mu", 1);
    double[] covariance = doubles(file, arrays, "sigma", 2);
    long vectors = count.orElse(UNKNOWN_COUNT);
    if (arrays.containsKey("count")) {
      RawTensor stored = arrays.get("count");
      if (stored.type() != DataType.INT64 || stored.bytes().remaining() != Long.BYTES) {
        throw new TensorFormatException(file, "expected one int64 in the array 'count'");
      }
      vectors = stored.bytes().getLong(0);
    }
    try {
      FeatureStatistics statistics = new FeatureStatistics(vectors, mean, covariance);
      statistics.requireCovariance();
      return statistics;
    } catch (IllegalArgumentException e) {
      throw new TensorFormatException(file, e.getMessage(), e);
    }
  }

  private void requireCovariance() {
    int d = mean.length;
    double largest = 0;
    for (int i = 0; i < d; i++) {
      require(covariance[i * d + i] >= 0, "the variance of feature %s is negative", i);
      largest = Math.max(largest, covariance[i * d + i]);
    }
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < i; j++) {
        double difference = Math.abs(covariance[i * d + j] - covariance[j * d + i]);
        require(difference <= 1e-6 * largest, "'sigma' is not symmetric at %s, %s", i, j);
      }
    }
  }

  private static double[] doubles(Path file, Map<String, RawTensor> arrays, String name, int rank)
      throws IOException {
    RawTensor tensor = arrays.get(name);
    if (tensor == null || !FLOATS.contains(tensor.type()) || tensor.shape().length != rank) {
      throw new TensorFormatException(
          file,
          "expected an array '"
              + name
              + "' of floats and rank "
              + rank
              + ", as pytorch-fid names it");
    }
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      return tensor.toArray(manager).toType(DataType.FLOAT64, false).toDoubleArray();
    }
  }
}
