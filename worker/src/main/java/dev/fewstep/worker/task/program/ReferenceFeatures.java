package dev.fewstep.worker.task.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.checkpoint.NpzFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.evaluation.FeatureStatistics;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What {@code statistics.npz} holds beside the {@link FeatureStatistics}: {@code features}, float32
 * (K, D), of up to {@value #KEPT} images, evenly spread over the set.
 */
final class ReferenceFeatures {
  /** Vectors kept, at most. */
  static final int KEPT = 5000;

  private static final String FEATURES = "features";

  private final FeatureStatistics statistics;
  private final float[] features;

  private ReferenceFeatures(FeatureStatistics statistics, float[] features) {
    this.statistics = statistics;
    this.features = features;
  }

  /** Statistics over all images. */
  FeatureStatistics statistics() {
    return statistics;
  }

  /** The kept vectors, float32 (K, D). */
  NDArray features(NDManager manager) {
    return manager.create(features, new Shape(kept(), statistics.dimensions()));
  }

  /** Number of kept vectors. */
  int kept() {
    return features.length / statistics.dimensions();
  }

  /** Collects the vectors to keep: of n vectors those with index floor(i n / K). */
  static final class Sample {
    private final int size;
    private final int dimensions;
    private final int kept;
    private final float[] rows;
    private int seen;
    private int filled;

    /**
     * An empty sample.
     *
     * @param size number of vectors that will come
     * @param dimensions of each
     */
    Sample(int size, int dimensions) {
      this.size = size;
      this.dimensions = dimensions;
      this.kept = Math.min(size, KEPT);
      this.rows = new float[kept * dimensions];
    }

    /** Takes the next vectors, row by row. */
    void add(float[] features) {
      for (int row = 0; row < features.length / dimensions; row++) {
        if (filled < kept && seen == (int) ((long) filled * size / kept)) {
          System.arraycopy(features, row * dimensions, rows, filled * dimensions, dimensions);
          filled++;
        }
        seen++;
      }
    }

    /** The rows kept so far. */
    float[] rows() {
      return Arrays.copyOf(rows, filled * dimensions);
    }
  }

  /** Writes both to a file, atomically. */
  static void save(Path file, FeatureStatistics statistics, Sample sample) throws IOException {
    statistics.save(file);
    Map<String, RawTensor> arrays = new LinkedHashMap<>(NpzFile.read(file));
    float[] rows = sample.rows();
    ByteBuffer bytes = ByteBuffer.allocate(4 * rows.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(rows);
    long[] shape = {rows.length / statistics.dimensions(), statistics.dimensions()};
    arrays.put(FEATURES, new RawTensor(DataType.FLOAT32, shape, bytes));
    NpzFile.write(file, arrays);
  }

  /**
   * Reads what {@link #save} wrote.
   *
   * @throws TensorFormatException when an array is missing or has another type or shape
   */
  static ReferenceFeatures load(Path file) throws IOException {
    FeatureStatistics statistics = FeatureStatistics.load(file);
    RawTensor tensor = NpzFile.read(file).get(FEATURES);
    if (tensor == null
        || tensor.type() != DataType.FLOAT32
        || tensor.shape().length != 2
        || tensor.shape()[1] != statistics.dimensions()
        || tensor.shape()[0] < 2) {
      throw new TensorFormatException(
          file,
          "expected a float32 array 'features' of (2 or more, "
              + statistics.dimensions()
              + "), which a REFERENCE task writes");
    }
    float[] features = new float[tensor.bytes().remaining() / 4];
    tensor.bytes().asFloatBuffer().get(features);
    return new ReferenceFeatures(statistics, features);
  }
}
