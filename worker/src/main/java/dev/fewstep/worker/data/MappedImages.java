package dev.fewstep.worker.data;

import dev.fewstep.schemas.Digests;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;

/**
 * Images that stay in their file, mapped into memory: a dataset may be larger than the heap and
 * than 2 GiB, and opening it reads nothing. The file must not be changed while it is open. The
 * mapping ends when the object is garbage.
 */
public final class MappedImages implements ImageDataset {
  private static final long MAP_BYTES = 1L << 30;

  private final ImageShape shape;
  private final int size;
  private final MappedByteBuffer[] maps;
  private final int imagesPerMap;
  private final Optional<int[]> labels;

  private MappedImages(
      ImageShape shape,
      int size,
      MappedByteBuffer[] maps,
      int imagesPerMap,
      Optional<int[]> labels) {
    this.shape = shape;
    this.size = size;
    this.maps = maps;
    this.imagesPerMap = imagesPerMap;
    this.labels = labels;
  }

  /**
   * Maps the array {@code images} of an {@code .npz} when it is stored and in C order.
   *
   * @param labels the classes, which the caller reads
   * @return empty when the array is deflated or in Fortran order
   * @throws DatasetException when the file is damaged or the array is not uint8 of rank 4
   */
  static Optional<MappedImages> open(Path file, Optional<int[]> labels) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      Optional<ZipDirectory.Region> stored = new ZipDirectory(file, channel).stored("images.npy");
      if (stored.isEmpty()) {
        return Optional.empty();
      }
      ZipDirectory.Region region = stored.get();
      NpyHeader header = header(file, channel, region.offset());
      if (header.fortran()) {
        return Optional.empty();
      }
      ImageShape shape = NpzImages.shape(file, header);
      long bytes = region.length() - header.length();
      int size = Math.toIntExact(header.shape().get(0));
      if (header.elements() != bytes) {
        throw new DatasetException(
            file, "'images' claims " + header.elements() + " bytes but has " + bytes);
      }
      labels.ifPresent(classes -> requireAll(classes, size));
      int perMap = (int) Math.max(1, MAP_BYTES / shape.elements());
      MappedByteBuffer[] maps = new MappedByteBuffer[(size + perMap - 1) / perMap];
      long first = region.offset() + header.length();
      for (int i = 0; i < maps.length; i++) {
        long images = Math.min(perMap, size - (long) i * perMap);
        maps[i] =
            channel.map(
                FileChannel.MapMode.READ_ONLY,
                first + (long) i * perMap * shape.elements(),
                images * shape.elements());
      }
      return Optional.of(new MappedImages(shape, size, maps, perMap, labels));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new DatasetException(file, "'images': " + e.getMessage(), e);
    }
  }

  private static NpyHeader header(Path file, FileChannel channel, long offset) throws IOException {
    // The channel's position moves with the stream; mapping does not use it.
    channel.position(offset);
    InputStream in = new BufferedInputStream(Channels.newInputStream(channel), 1 << 10);
    try {
      return NpyHeader.read(in);
    } catch (IllegalArgumentException e) {
      throw new DatasetException(file, "'images': " + e.getMessage(), e);
    }
  }

  private static void requireAll(int[] classes, int size) {
    if (classes.length != size) {
      throw new IllegalArgumentException(classes.length + " labels for " + size + " images");
    }
    if (!Arrays.stream(classes).allMatch(label -> label >= 0)) {
      throw new IllegalArgumentException("a label must not be negative");
    }
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public ImageShape shape() {
    return shape;
  }

  @Override
  public byte[] image(int index) {
    Objects.checkIndex(index, size);
    byte[] image = new byte[shape.elements()];
    maps[index / imagesPerMap].get(index % imagesPerMap * shape.elements(), image);
    return image;
  }

  /** Reads all images. */
  @Override
  public String digest() {
    MessageDigest sha = Digests.sha256();
    String head =
        "images %d %d %d %d\n".formatted(size, shape.channels(), shape.height(), shape.width());
    sha.update(head.getBytes(StandardCharsets.US_ASCII));
    for (ByteBuffer map : maps) {
      sha.update(map.duplicate().rewind());
    }
    return HexFormat.of().formatHex(sha.digest());
  }

  @Override
  public Optional<int[]> labels() {
    return labels.map(int[]::clone);
  }
}
