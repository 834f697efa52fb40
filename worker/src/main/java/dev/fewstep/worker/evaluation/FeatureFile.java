package dev.fewstep.worker.evaluation;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.checkpoint.NpzFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.tensor.Tensors;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Feature vectors in a temporary file of float32, appended in index order and read by block: 50,000
 * vectors of 2,048 features are 400 MB of disk and none of the heap. The file is gone once it is
 * closed. Not for several threads.
 */
public final class FeatureFile implements FeatureRows, AutoCloseable {
  private final FileChannel channel;
  private final int dimensions;
  private int count;
  private ByteBuffer buffer = ByteBuffer.allocate(0);

  private FeatureFile(FileChannel channel, int dimensions) {
    this.channel = channel;
    this.dimensions = dimensions;
  }

  /**
   * An empty file.
   *
   * @param directory where it is made
   * @param dimensions of a vector, at least 1
   */
  public static FeatureFile temporary(Path directory, int dimensions) throws IOException {
    require(dimensions >= 1, "features need at least 1 dimension, not %s", dimensions);
    Path file = Files.createTempFile(directory, "features-", ".f32");
    return new FeatureFile(
        FileChannel.open(
            file,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE),
        dimensions);
  }

  /**
   * Copies an array of a {@code .npz}, float32 (N, D), piece by piece.
   *
   * @param directory where the copy is made
   * @return empty when the archive has no such array
   * @throws TensorFormatException when it is another kind of array or a value is not finite
   */
  public static Optional<FeatureFile> copy(Path npz, String name, int dimensions, Path directory)
      throws IOException {
    FeatureFile copy = temporary(directory, dimensions);
    boolean complete = false;
    try {
      long[] seen = {0};
      boolean found =
          NpzFile.stream(
              npz,
              name,
              (type, shape, bytes) -> {
                if (type != DataType.FLOAT32 || shape.length != 2 || shape[1] != dimensions) {
                  throw new TensorFormatException(
                      npz,
                      "'%s' is %s of shape %s, expected float32 (N, %s)"
                          .formatted(name, type, new Shape(shape), dimensions));
                }
                for (int at = 0; at < bytes.limit(); at += Float.BYTES, seen[0]++) {
                  if (!Float.isFinite(bytes.getFloat(at))) {
                    throw new TensorFormatException(
                        npz,
                        "feature %s of vector %s in '%s' is not finite"
                            .formatted(seen[0] % dimensions, seen[0] / dimensions, name));
                  }
                }
                copy.write(bytes);
              });
      copy.count = Math.toIntExact(seen[0] / dimensions);
      complete = found;
      return found ? Optional.of(copy) : Optional.empty();
    } finally {
      if (!complete) {
        copy.close();
      }
    }
  }

  /**
   * Appends vectors.
   *
   * @param rows row by row
   */
  public void add(float[] rows) {
    require(rows.length % dimensions == 0, "%s values of %s dimensions", rows.length, dimensions);
    ByteBuffer bytes = buffer(rows.length * Float.BYTES);
    bytes.asFloatBuffer().put(rows);
    write(bytes);
    count += rows.length / dimensions;
  }

  private void write(ByteBuffer bytes) {
    try {
      channel.position(channel.size());
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the temporary file of features cannot be written", e);
    }
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public int dimensions() {
    return dimensions;
  }

  @Override
  public NDArray block(NDManager manager, int from, int to) {
    require(0 <= from && from < to && to <= count, "vectors %s to %s of %s", from, to, count);
    ByteBuffer bytes = buffer((to - from) * dimensions * Float.BYTES);
    read(bytes, from);
    return wide(manager, bytes.flip());
  }

  @Override
  public NDArray pick(NDManager manager, int[] indices) {
    int row = dimensions * Float.BYTES;
    ByteBuffer bytes = buffer(indices.length * row);
    for (int i = 0; i < indices.length; i++) {
      require(indices[i] >= 0 && indices[i] < count, "vector %s of %s", indices[i], count);
      read(bytes.limit((i + 1) * row), indices[i]);
    }
    return wide(manager, bytes.flip());
  }

  /** Fills the buffer up to its limit with what lies from a vector on. */
  private void read(ByteBuffer bytes, int from) {
    try {
      long at = (long) from * dimensions * Float.BYTES;
      while (bytes.hasRemaining()) {
        int read = channel.read(bytes, at);
        if (read < 0) {
          throw new EOFException("the temporary file of features has lost its end");
        }
        at += read;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private NDArray wide(NDManager manager, ByteBuffer bytes) {
    Shape shape = new Shape(bytes.remaining() / (dimensions * Float.BYTES), dimensions);
    // The engine borrows the buffer; the widened copy does not.
    try (NDArray narrow = Tensors.of(manager, bytes, shape, DataType.FLOAT32)) {
      return narrow.toType(DataType.FLOAT64, true);
    }
  }

  /** The one buffer, empty, with room for so many bytes. */
  private ByteBuffer buffer(int bytes) {
    if (buffer.capacity() < bytes) {
      buffer = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
    return buffer.clear().limit(bytes);
  }

  /**
   * The first vectors as an array for a file, read from disk as it is written.
   *
   * @param rows how many, at most count()
   * @throws IllegalArgumentException when they take 2 GiB or more
   */
  public RawTensor tensor(int rows) throws IOException {
    long bytes = (long) rows * dimensions * Float.BYTES;
    require(rows <= count, "the first %s of %s vectors", rows, count);
    require(
        bytes <= Integer.MAX_VALUE,
        "%s vectors of %s features take more than the 2 GiB that one array may have",
        rows,
        dimensions);
    return new RawTensor(
        DataType.FLOAT32,
        new long[] {rows, dimensions},
        channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes));
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
