package dev.fewstep.worker.data;

import ai.djl.ndarray.types.DataType;
import dev.fewstep.worker.checkpoint.NpzFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The form in which a dataset travels: one {@code .npz} with {@code images}, uint8 (N, C, H, W),
 * and optionally {@code labels}, int64 (N). Python writes it with {@code numpy.savez_compressed}.
 */
public final class NpzImages {
  private NpzImages() {}

  /**
   * Reads a dataset.
   *
   * @throws DatasetException when an array is missing, or has another type or shape
   */
  public static ByteImages read(Path file) throws IOException {
    Map<String, RawTensor> arrays = NpzFile.read(file);
    RawTensor images = arrays.get("images");
    if (images == null) {
      throw new DatasetException(file, "no array 'images' in it, only " + arrays.keySet());
    }
    long[] d = images.shape();
    if (images.type() != DataType.UINT8 || d.length != 4) {
      throw new DatasetException(
          file,
          "'images' must be uint8 of rank 4 (N, C, H, W), not "
              + images.type()
              + " of rank "
              + d.length);
    }
    byte[] pixels = new byte[images.bytes().remaining()];
    images.bytes().get(pixels);
    try {
      ImageShape shape =
          new ImageShape(Math.toIntExact(d[1]), Math.toIntExact(d[2]), Math.toIntExact(d[3]));
      Optional<int[]> labels = Optional.empty();
      if (arrays.containsKey("labels")) {
        labels = Optional.of(labels(file, arrays.get("labels")));
      }
      return new ByteImages(shape, pixels, labels);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new DatasetException(file, e.getMessage(), e);
    }
  }

  private static int[] labels(Path file, RawTensor labels) throws DatasetException {
    if (labels.type() != DataType.INT64 || labels.shape().length != 1) {
      throw new DatasetException(file, "'labels' must be int64 of rank 1, not " + labels.type());
    }
    int[] classes = new int[Math.toIntExact(labels.shape()[0])];
    ByteBuffer bytes = labels.bytes();
    for (int i = 0; i < classes.length; i++) {
      classes[i] = Math.toIntExact(bytes.getLong(8 * i));
    }
    return classes;
  }

  /** Writes a dataset atomically; equal images and labels make equal bytes. */
  public static void write(Path file, ByteImages images) throws IOException {
    ImageShape shape = images.shape();
    Map<String, RawTensor> arrays = new LinkedHashMap<>();
    arrays.put(
        "images",
        new RawTensor(
            DataType.UINT8,
            new long[] {images.size(), shape.channels(), shape.height(), shape.width()},
            ByteBuffer.wrap(images.pixels())));
    images
        .labels()
        .ifPresent(
            classes -> {
              ByteBuffer bytes =
                  ByteBuffer.allocate(8 * classes.length).order(ByteOrder.LITTLE_ENDIAN);
              for (int label : classes) {
                bytes.putLong(label);
              }
              arrays.put(
                  "labels",
                  new RawTensor(DataType.INT64, new long[] {classes.length}, bytes.flip()));
            });
    NpzFile.write(file, arrays);
  }
}
