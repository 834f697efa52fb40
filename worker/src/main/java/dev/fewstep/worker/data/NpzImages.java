package dev.fewstep.worker.data;

import ai.djl.ndarray.types.DataType;
import dev.fewstep.worker.checkpoint.NpzFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

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

  /**
   * Opens a dataset where it lies: mapped when its images are stored, as fewstep writes them, else
   * read to memory.
   *
   * @throws DatasetException when an array is missing, or has another type or shape
   */
  public static ImageDataset open(Path file) throws IOException {
    if (!Files.isReadable(file)) {
      throw new DatasetException(file, "no such readable file");
    }
    try (ZipFile zip = new ZipFile(file.toFile())) {
      if (zip.getEntry("images.npy") == null) {
        throw new DatasetException(file, "no array 'images' in it");
      }
      ZipEntry entry = zip.getEntry("labels.npy");
      Optional<int[]> labels = Optional.empty();
      if (entry != null) {
        try (InputStream in = new BufferedInputStream(zip.getInputStream(entry))) {
          labels = Optional.of(labels(file, entry, in));
        }
      }
      Optional<MappedImages> mapped = MappedImages.open(file, labels);
      return mapped.isPresent() ? mapped.get() : read(file);
    } catch (DatasetException | TensorFormatException e) {
      throw e;
    } catch (IOException | IllegalArgumentException e) {
      // ZipFile answers damaged entries with several exceptions, some without a message.
      throw new DatasetException(file, "not a readable zip (" + e + ")", e);
    }
  }

  private static int[] labels(Path file, ZipEntry entry, InputStream in) throws IOException {
    try {
      NpyHeader header = NpyHeader.read(in);
      long size = header.elements();
      if (!header.descr().equals("<i8") || header.shape().size() != 1) {
        throw new DatasetException(file, "'labels' must be int64 of rank 1, not " + header.descr());
      }
      if (size > Math.min(entry.getSize() / 8, Integer.MAX_VALUE / 16)) {
        throw new DatasetException(file, "'labels' claims " + size + " values");
      }
      int[] labels = new int[(int) size];
      for (int i = 0; i < labels.length; i++) {
        byte[] value = in.readNBytes(8);
        if (value.length < 8) {
          throw new DatasetException(file, "'labels' ends too early");
        }
        labels[i] =
            Math.toIntExact(ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong());
      }
      return labels;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new DatasetException(file, "'labels': " + e.getMessage(), e);
    }
  }

  /** Checks that an array can be images. */
  static ImageShape shape(Path file, NpyHeader header) throws DatasetException {
    List<Long> d = header.shape();
    if (!header.descr().equals("|u1") || d.size() != 4) {
      throw new DatasetException(
          file,
          "'images' must be uint8 of rank 4 (N, C, H, W), not "
              + header.descr()
              + " of rank "
              + d.size());
    }
    try {
      if (d.get(0) < 1 || d.get(0) > Integer.MAX_VALUE - 64) {
        throw new IllegalArgumentException("it holds " + d.get(0) + " images");
      }
      return new ImageShape(
          Math.toIntExact(d.get(1)), Math.toIntExact(d.get(2)), Math.toIntExact(d.get(3)));
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
