package dev.fewstep.worker.data;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * The IDX format of MNIST and its relatives, plain or gzipped: magic {@code 0 0 type rank},
 * big-endian dimensions, data. Read are unsigned bytes: images of rank 3 (N, H, W) or 4 (N, C, H,
 * W), labels of rank 1.
 */
public final class IdxFile {
  private static final int UNSIGNED_BYTE = 0x08;
  private static final long MAX_BYTES = Integer.MAX_VALUE - 64;

  /** Deflate cannot expand more than this; a larger claim is a lie. */
  private static final long MAX_EXPANSION = 1032;

  private record Content(List<Integer> dimensions, ByteBuffer values) {}

  private IdxFile() {}

  /**
   * Reads images, and labels when given.
   *
   * @throws DatasetException when a file is not IDX, claims more than it holds, or the counts
   *     differ
   */
  public static ByteImages read(Path images, Optional<Path> labels) throws IOException {
    Content content = content(images, 3, 4);
    List<Integer> d = content.dimensions();
    ImageShape shape;
    try {
      shape =
          d.size() == 3
              ? new ImageShape(1, d.get(1), d.get(2))
              : new ImageShape(d.get(1), d.get(2), d.get(3));
    } catch (IllegalArgumentException e) {
      throw new DatasetException(images, e.getMessage(), e);
    }
    if (d.get(0) == 0) {
      throw new DatasetException(images, "it holds no image");
    }
    Optional<int[]> classes = Optional.empty();
    if (labels.isPresent()) {
      int[] read = labels(labels.get());
      if (read.length != d.get(0)) {
        throw new DatasetException(
            labels.get(),
            "it holds " + read.length + " labels for " + d.get(0) + " images of " + images);
      }
      classes = Optional.of(read);
    }
    return new ByteImages(shape, content.values().array(), classes);
  }

  /** Reads labels, each 0 to 255. */
  public static int[] labels(Path file) throws IOException {
    byte[] values = content(file, 1, 1).values().array();
    int[] labels = new int[values.length];
    Arrays.setAll(labels, i -> Byte.toUnsignedInt(values[i]));
    return labels;
  }

  private static Content content(Path file, int minRank, int maxRank) throws IOException {
    try (InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      raw.mark(2);
      boolean gzipped = raw.read() == 0x1f && raw.read() == 0x8b;
      raw.reset();
      long limit = gzipped ? Files.size(file) * MAX_EXPANSION : Files.size(file);
      InputStream plain = gzipped ? new GZIPInputStream(raw, 1 << 16) : raw;
      return content(file, new DataInputStream(plain), minRank, maxRank, limit);
    } catch (EOFException | ZipException e) {
      throw new DatasetException(file, "it ends too early or its gzip is damaged", e);
    }
  }

  private static Content content(
      Path file, DataInputStream in, int minRank, int maxRank, long limit) throws IOException {
    int magic = in.readInt();
    int rank = magic & 0xff;
    if (magic >>> 16 != 0 || rank < minRank || rank > maxRank) {
      throw new DatasetException(
          file,
          "not IDX of rank %d to %d: the magic number is 0x%08x, expected 0x0000080%d"
              .formatted(minRank, maxRank, magic, minRank));
    }
    if ((magic >>> 8 & 0xff) != UNSIGNED_BYTE) {
      throw new DatasetException(
          file, "its elements have type 0x%02x, expected 0x08 (bytes)".formatted(magic >>> 8));
    }
    List<Integer> dimensions = new ArrayList<>();
    long size = 1;
    for (int i = 0; i < rank; i++) {
      int dimension = in.readInt();
      dimensions.add(dimension);
      if (dimension < 0) {
        throw new DatasetException(file, "dimension " + i + " is negative: " + dimension);
      }
      // Both factors are below 2^31 here, so the product cannot overflow.
      size *= dimension;
      if (size > Math.min(limit, MAX_BYTES)) {
        throw new DatasetException(
            file, "its header claims " + dimensions + " values, more than it can hold");
      }
    }
    byte[] values = in.readNBytes((int) size);
    if (values.length != size) {
      throw new DatasetException(
          file, "its header claims " + size + " values but " + values.length + " follow");
    }
    if (in.read() >= 0) {
      throw new DatasetException(file, "bytes follow the " + size + " values that it claims");
    }
    return new Content(dimensions, ByteBuffer.wrap(values));
  }
}
