package dev.fewstep.worker.data.source;

import dev.fewstep.worker.data.DatasetException;
import dev.fewstep.worker.data.NpyHeader;
import dev.fewstep.worker.image.PixelImage;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Downsampled ImageNet as {@code .npz}: {@code data}, uint8 (N, 3 S S) in C, H, W order, and {@code
 * labels}, 1 to 1000, of which 1 is taken away. Rows are read as they are needed.
 */
final class RowsSource implements ImageSource {
  private final List<Path> files;
  private final int edge;
  private final List<int[]> labels = new ArrayList<>();
  private final int count;
  private int file = -1;
  private int row;
  private ZipFile zip;
  private InputStream rows;

  /**
   * Finds the batches of a split.
   *
   * @param source a file, or the folder of {@code train_data_batch_*.npz} and {@code val_data.npz}
   * @param edge pixels per side, such as 64
   */
  RowsSource(Path source, int edge, Split split) throws IOException {
    this.edge = edge;
    files = Files.isDirectory(source) ? batches(source, split) : List.of(source);
    long images = 0;
    for (Path path : files) {
      int[] classes = labels(path);
      labels.add(classes);
      images += classes.length;
    }
    EntryNames.checkCount(source, images);
    if (images == 0) {
      throw new DatasetException(source, "it holds no image");
    }
    count = (int) images;
  }

  private static List<Path> batches(Path folder, Split split) throws IOException {
    String prefix = split == Split.TRAIN ? "train_data_batch_" : "val_data";
    try (Stream<Path> list = Files.list(folder)) {
      List<Path> found =
          list.filter(path -> path.getFileName().toString().startsWith(prefix))
              .filter(path -> path.toString().endsWith(".npz"))
              .sorted(
                  Comparator.comparingInt((Path path) -> path.getFileName().toString().length())
                      .thenComparing(path -> path))
              .toList();
      if (found.isEmpty()) {
        throw new DatasetException(folder, "no " + prefix + "*.npz in it");
      }
      return found;
    }
  }

  private static ZipEntry entry(Path file, ZipFile zip, String name) throws DatasetException {
    ZipEntry entry = zip.getEntry(name + ".npy");
    if (entry == null) {
      throw new DatasetException(file, "no array '" + name + "' in it");
    }
    return entry;
  }

  private static int[] labels(Path file) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile());
        InputStream in =
            new BufferedInputStream(zip.getInputStream(entry(file, zip, "labels")), 1 << 16)) {
      NpyHeader header = NpyHeader.read(in);
      int width =
          switch (header.descr()) {
            case "<i8" -> 8;
            case "<i4" -> 4;
            case "<i2" -> 2;
            default -> throw new IllegalArgumentException("'labels' of type " + header.descr());
          };
      if (header.shape().size() != 1 || header.elements() > EntryNames.MAX_IMAGES) {
        throw new IllegalArgumentException("'labels' of shape " + header.shape());
      }
      List<Integer> classes = new ArrayList<>();
      for (long i = 0; i < header.elements(); i++) {
        byte[] value = in.readNBytes(width);
        if (value.length < width) {
          throw new IllegalArgumentException("'labels' ends too early");
        }
        ByteBuffer number = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).put(value);
        long label = number.getLong(0) - 1;
        if (label < 0 || label > 999) {
          throw new IllegalArgumentException("a label that is no number from 1 to 1000");
        }
        classes.add((int) label);
      }
      return classes.stream().mapToInt(Integer::intValue).toArray();
    } catch (DatasetException e) {
      throw e;
    } catch (IOException | IllegalArgumentException | ArithmeticException e) {
      throw new DatasetException(file, "not a batch of images (" + e.getMessage() + ")", e);
    }
  }

  @Override
  public String kind() {
    return "npz batches";
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public boolean labelled() {
    return true;
  }

  @Override
  public List<String> classes() {
    return List.of();
  }

  @Override
  public Optional<SourceImage> next() throws IOException {
    while (file < 0 || row == labels.get(file).length) {
      close();
      if (++file == files.size()) {
        file--;
        return Optional.empty();
      }
      row = 0;
      openRows(files.get(file));
    }
    Path path = files.get(file);
    byte[] planes;
    try {
      planes = rows.readNBytes(3 * edge * edge);
    } catch (IOException e) {
      throw new DatasetException(path, "'data' cannot be unpacked (" + e.getMessage() + ")", e);
    }
    if (planes.length < 3 * edge * edge) {
      throw new DatasetException(path, "'data' ends too early");
    }
    int label = labels.get(file)[row];
    String name = path + " image " + row++;
    return Optional.of(SourceImage.decoded(name, label, new PixelImage(3, edge, edge, planes)));
  }

  private void openRows(Path path) throws IOException {
    try {
      zip = new ZipFile(path.toFile());
      rows = new BufferedInputStream(zip.getInputStream(entry(path, zip, "data")), 1 << 16);
      NpyHeader header = NpyHeader.read(rows);
      long pixels = 3L * edge * edge;
      if (!header.descr().equals("|u1")
          || header.fortran()
          || !header.shape().equals(List.of((long) labels.get(file).length, pixels))) {
        throw new IllegalArgumentException(
            "'data' of type %s and shape %s, expected |u1 and (%d, %d)"
                .formatted(header.descr(), header.shape(), labels.get(file).length, pixels));
      }
    } catch (DatasetException e) {
      throw e;
    } catch (IOException | IllegalArgumentException e) {
      throw new DatasetException(path, "not a batch of images (" + e.getMessage() + ")", e);
    }
  }

  @Override
  public void close() throws IOException {
    if (zip != null) {
      zip.close();
      zip = null;
    }
  }
}
