package dev.fewstep.worker.task.program;

import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import dev.fewstep.worker.checkpoint.NpzFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.evaluation.FeatureFile;
import dev.fewstep.worker.evaluation.FeatureRows;
import dev.fewstep.worker.evaluation.FeatureStatistics;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code statistics.npz} holds beside the {@link FeatureStatistics}: {@code features}, float32
 * (K, D), of some of the images, evenly spread over the set, and {@code provenance}, JSON in uint8:
 * which images, which extractor, whether they were augmented. Statistics of other programs have
 * neither.
 */
public final class ReferenceFeatures implements AutoCloseable {
  private static final String FEATURES = "features";
  private static final String PROVENANCE = "provenance";
  private static final int MAX_PROVENANCE = 1 << 16;

  private final FeatureStatistics statistics;
  private final Optional<FeatureFile> features;
  private final Optional<Provenance> provenance;

  private ReferenceFeatures(
      FeatureStatistics statistics,
      Optional<FeatureFile> features,
      Optional<Provenance> provenance) {
    this.statistics = statistics;
    this.features = features;
    this.provenance = provenance;
  }

  /**
   * Where statistics come from.
   *
   * @param dataset SHA-256 of the dataset
   * @param extractor name of the feature space
   * @param augmented whether images were flipped, cropped at random or otherwise changed
   */
  public record Provenance(String dataset, String extractor, boolean augmented) {}

  /** Statistics over all images. */
  public FeatureStatistics statistics() {
    return statistics;
  }

  /** The kept vectors; empty for statistics of another program. */
  public Optional<FeatureRows> rows() {
    return features.map(file -> file);
  }

  /** Number of kept vectors. */
  int kept() {
    return features.map(FeatureFile::count).orElse(0);
  }

  /** Where they come from, when the file says so. */
  public Optional<Provenance> provenance() {
    return provenance;
  }

  @Override
  public void close() {
    features.ifPresent(FeatureFile::close);
  }

  /** Collects the vectors to keep: of n vectors those with index floor(i n / K). */
  static final class Sample implements AutoCloseable {
    private final int size;
    private final int dimensions;
    private final int kept;
    private final FeatureFile rows;
    private int seen;

    /**
     * An empty sample.
     *
     * @param directory where vectors are kept on the way
     * @param size number of vectors that will come
     * @param dimensions of each
     * @param most how many are kept, at most
     */
    Sample(Path directory, int size, int dimensions, int most) throws IOException {
      this.size = size;
      this.dimensions = dimensions;
      this.kept = Math.min(size, most);
      this.rows = FeatureFile.temporary(directory, dimensions);
    }

    /** Takes the next vectors, row by row. */
    void add(float[] features) {
      float[] row = new float[dimensions];
      for (int i = 0; i < features.length / dimensions; i++, seen++) {
        if (rows.count() < kept && seen == (int) ((long) rows.count() * size / kept)) {
          System.arraycopy(features, i * dimensions, row, 0, dimensions);
          rows.add(row);
        }
      }
    }

    @Override
    public void close() {
      rows.close();
    }
  }

  /** Writes all to a file, atomically. */
  static void save(Path file, FeatureStatistics statistics, Sample sample, Provenance provenance)
      throws IOException {
    Map<String, RawTensor> arrays = arrays(statistics, provenance);
    arrays.put(FEATURES, sample.rows.tensor(sample.rows.count()));
    NpzFile.write(file, arrays);
  }

  /** Writes statistics without vectors, atomically. */
  public static void save(Path file, FeatureStatistics statistics, Provenance provenance)
      throws IOException {
    NpzFile.write(file, arrays(statistics, provenance));
  }

  private static Map<String, RawTensor> arrays(
      FeatureStatistics statistics, Provenance provenance) {
    Map<String, RawTensor> arrays = new LinkedHashMap<>(statistics.arrays());
    byte[] text = Json.toBytes(provenance);
    arrays.put(
        PROVENANCE, new RawTensor(DataType.UINT8, new long[] {text.length}, ByteBuffer.wrap(text)));
    return arrays;
  }

  /**
   * Reads what {@link #save} wrote, or statistics that another program made.
   *
   * @param directory where the vectors are kept while this is open
   * @throws TensorFormatException when an array is missing or has another type or shape
   */
  public static ReferenceFeatures load(Path file, Path directory) throws IOException {
    FeatureStatistics statistics = FeatureStatistics.load(file);
    Optional<Provenance> provenance = provenance(file);
    return new ReferenceFeatures(
        statistics,
        FeatureFile.copy(file, FEATURES, statistics.dimensions(), directory),
        provenance);
  }

  private static Optional<Provenance> provenance(Path file) throws IOException {
    RawTensor stored = NpzFile.read(file, PROVENANCE::equals).get(PROVENANCE);
    if (stored == null) {
      return Optional.empty();
    }
    ByteBuffer bytes = stored.bytes();
    if (stored.type() != DataType.UINT8 || bytes.remaining() > MAX_PROVENANCE) {
      throw new TensorFormatException(file, "'provenance' must be a short text in uint8");
    }
    byte[] text = new byte[bytes.remaining()];
    bytes.get(text);
    try {
      JsonNode tree = Json.messages().readTree(text);
      return Optional.of(
          new Provenance(
              tree.path("dataset").asText(),
              tree.path("extractor").asText(),
              tree.path("augmented").asBoolean(true)));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new TensorFormatException(file, "'provenance' is not JSON", e);
    }
  }
}
