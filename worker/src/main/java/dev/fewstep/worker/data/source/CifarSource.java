package dev.fewstep.worker.data.source;

import dev.fewstep.worker.data.DatasetException;
import dev.fewstep.worker.image.PixelImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * CIFAR-10 and CIFAR-100, in the binary version ({@code data_batch_1.bin}: a label byte, for
 * CIFAR-100 two, and 3072 bytes of pixels) or the Python version ({@code data_batch_1}: a pickle),
 * as {@code .tar.gz}, {@code .tar} or unpacked. The order is torchvision's: batch 1 to 5.
 */
final class CifarSource implements ImageSource {
  private static final int EDGE = 32;
  private static final int PIXELS = 3 * EDGE * EDGE;
  private static final int MAX_FILE = 256 << 20;

  @SuppressWarnings("ArrayRecordComponent") // Private, and nothing compares it.
  private record Batch(String name, byte[] pixels, int start, int stride, int[] labels) {}

  private final List<Batch> batches;
  private final int count;
  private int batch;
  private int row;

  /**
   * Reads the batches of a split, about 150 MB for the training images.
   *
   * @param hundred whether it is CIFAR-100, of which the fine labels are taken
   */
  CifarSource(Path source, boolean hundred, Split split) throws IOException {
    if (split != Split.TRAIN && split != Split.TEST) {
      throw new DatasetException(
          source, "CIFAR has the splits train and test, not " + split.text());
    }
    List<String> wanted = names(hundred, split);
    Map<String, byte[]> found = files(source, wanted);
    batches = new ArrayList<>();
    for (String name : wanted) {
      if (found.containsKey(name)) {
        batches.add(pickled(EntryNames.shown(source, name), found.get(name), hundred));
      } else if (found.containsKey(name + ".bin")) {
        byte[] bytes = found.get(name + ".bin");
        batches.add(binary(EntryNames.shown(source, name + ".bin"), bytes, hundred ? 2 : 1));
      } else {
        throw new DatasetException(
            source,
            "no file "
                + name
                + " or "
                + name
                + ".bin in it: is it CIFAR-"
                + (hundred ? "100?" : "10?"));
      }
    }
    count = batches.stream().mapToInt(b -> b.labels().length).sum();
    if (count == 0) {
      throw new DatasetException(source, "it holds no image");
    }
  }

  private static List<String> names(boolean hundred, Split split) {
    if (hundred) {
      return List.of(split.text());
    }
    return split == Split.TEST
        ? List.of("test_batch")
        : List.of("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5");
  }

  private static Map<String, byte[]> files(Path source, List<String> wanted) throws IOException {
    Map<String, byte[]> found = new TreeMap<>();
    if (Files.isDirectory(source)) {
      for (Path folder :
          List.of(
              source,
              source.resolve("cifar-10-batches-bin"),
              source.resolve("cifar-10-batches-py"),
              source.resolve("cifar-100-binary"),
              source.resolve("cifar-100-python"))) {
        for (String name : wanted) {
          for (String file : List.of(name, name + ".bin")) {
            Path path = folder.resolve(file);
            if (Files.isRegularFile(path) && !found.containsKey(file)) {
              found.put(file, read(path));
            }
          }
        }
      }
      return found;
    }
    try (TarFiles tar = new TarFiles(List.of(source))) {
      for (Optional<String> name = tar.next(); name.isPresent(); name = tar.next()) {
        String base = EntryNames.base(name.get());
        String plain = base.endsWith(".bin") ? base.substring(0, base.length() - 4) : base;
        if (wanted.contains(plain) && !found.containsKey(base)) {
          found.put(base, tar.read(MAX_FILE));
        }
      }
    }
    return found;
  }

  private static byte[] read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_FILE + 1);
      if (bytes.length > MAX_FILE) {
        throw new DatasetException(file, "a file of more than " + (MAX_FILE >> 20) + " MiB");
      }
      return bytes;
    }
  }

  private static Batch binary(String name, byte[] bytes, int labelBytes) throws DatasetException {
    int stride = labelBytes + PIXELS;
    if (bytes.length % stride != 0) {
      throw new DatasetException(
          name, bytes.length + " bytes are no whole number of records of " + stride);
    }
    int[] labels = new int[bytes.length / stride];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = bytes[i * stride + labelBytes - 1] & 0xff;
    }
    return new Batch(name, bytes, labelBytes, stride, labels);
  }

  private static Batch pickled(String name, byte[] bytes, boolean hundred) throws DatasetException {
    try {
      Map<String, Object> batch = BatchPickle.read(bytes);
      String key = hundred ? "fine_labels" : "labels";
      if (!(batch.get("data") instanceof BatchPickle.Bytes data)
          || !(batch.get(key) instanceof List<?> list)) {
        throw new DatasetException(name, "no 'data' and '" + key + "' in it");
      }
      if (!data.shape().equals(List.of((long) list.size(), (long) PIXELS))) {
        throw new DatasetException(
            name, "'data' of shape " + data.shape() + " for " + list.size() + " labels");
      }
      int[] labels = new int[list.size()];
      for (int i = 0; i < labels.length; i++) {
        if (!(list.get(i) instanceof Long label) || label < 0 || label > 99) {
          throw new DatasetException(name, "a label that is no number from 0 to 99");
        }
        labels[i] = label.intValue();
      }
      ByteBuffer pixels = data.data().duplicate();
      byte[] copy = new byte[pixels.remaining()];
      pixels.get(copy);
      return new Batch(name, copy, 0, PIXELS, labels);
    } catch (BatchPickle.PickleException e) {
      throw new DatasetException(name, e.getMessage(), e);
    }
  }

  @Override
  public String kind() {
    return batches.get(0).start() == 0 ? "CIFAR, Python version" : "CIFAR, binary version";
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
  public Optional<SourceImage> next() {
    while (batch < batches.size() && row == batches.get(batch).labels().length) {
      batch++;
      row = 0;
    }
    if (batch == batches.size()) {
      return Optional.empty();
    }
    Batch present = batches.get(batch);
    byte[] planes = new byte[PIXELS];
    System.arraycopy(present.pixels(), row * present.stride() + present.start(), planes, 0, PIXELS);
    int label = present.labels()[row++];
    return Optional.of(
        SourceImage.decoded(present.name(), label, new PixelImage(3, EDGE, EDGE, planes)));
  }

  @Override
  public void close() {}
}
