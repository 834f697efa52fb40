package dev.fewstep.worker.evaluation;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.checkpoint.NpzFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Count, mean and covariance (ddof 1) of feature vectors in float64: all that a Fréchet distance
 * needs of a set of images.
 */
public final class FeatureStatistics {
  private final long count;
  private final double[] mean;
  private final double[] covariance;

  /**
   * Takes copies of neither array.
   *
   * @param count vectors seen, at least 2
   * @param mean of each dimension
   * @param covariance row by row, mean.length² values
   */
  FeatureStatistics(long count, double[] mean, double[] covariance) {
    require(count >= 2, "a covariance needs at least 2 vectors, not %s", count);
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

  /** Vectors seen. */
  public long count() {
    return count;
  }

  /** Dimensions of a vector. */
  public int dimensions() {
    return mean.length;
  }

  /** The mean, float64 (D). */
  public NDArray mean(NDManager manager) {
    return manager.create(mean);
  }

  /** The covariance with divisor count - 1, float64 (D, D). */
  public NDArray covariance(NDManager manager) {
    return manager.create(covariance, new Shape(mean.length, mean.length));
  }

  /**
   * Statistics of both sets of vectors together (Chan, Golub, LeVeque 1979).
   *
   * @throws IllegalArgumentException when the dimensions differ
   */
  public FeatureStatistics merge(FeatureStatistics other) {
    int d = mean.length;
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
    Map<String, RawTensor> arrays = new LinkedHashMap<>();
    arrays.put("mu", raw(mean, mean.length));
    arrays.put("sigma", raw(covariance, mean.length, mean.length));
    ByteBuffer number = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, count);
    arrays.put("count", new RawTensor(DataType.INT64, new long[0], number));
    NpzFile.write(file, arrays);
  }

  private static RawTensor raw(double[] values, long... shape) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(values);
    return new RawTensor(DataType.FLOAT64, shape, bytes);
  }

  /**
   * Reads what {@link #save} writes.
   *
   * @throws TensorFormatException when an array is missing or of the wrong type or shape
   */
  public static FeatureStatistics load(Path file) throws IOException {
    return load(file, OptionalLong.empty());
  }

  /**
   * Reads {@code mu} and {@code sigma} of a file without {@code count}, as pytorch-fid writes it.
   *
   * @param count vectors that they were computed of, used when the file does not say
   */
  public static FeatureStatistics load(Path file, OptionalLong count) throws IOException {
    Map<String, RawTensor> arrays = NpzFile.read(file);
    double[] mean = doubles(file, arrays, "mu", 1);
    double[] covariance = doubles(file, arrays, "sigma", 2);
    long vectors;
    if (arrays.containsKey("count") && arrays.get("count").type() == DataType.INT64) {
      vectors = arrays.get("count").bytes().getLong(0);
    } else if (count.isPresent()) {
      vectors = count.getAsLong();
    } else {
      throw new TensorFormatException(
          file, "it has no int64 'count'; say how many images its statistics are of");
    }
    try {
      return new FeatureStatistics(vectors, mean, covariance);
    } catch (IllegalArgumentException e) {
      throw new TensorFormatException(file, e.getMessage(), e);
    }
  }

  private static double[] doubles(Path file, Map<String, RawTensor> arrays, String name, int rank)
      throws IOException {
    RawTensor tensor = arrays.get(name);
    if (tensor == null || tensor.type() != DataType.FLOAT64 || tensor.shape().length != rank) {
      throw new TensorFormatException(
          file, "expected a float64 array '" + name + "' of rank " + rank);
    }
    double[] values = new double[tensor.bytes().remaining() / 8];
    tensor.bytes().asDoubleBuffer().get(values);
    return values;
  }
}
