package dev.fewstep.worker.data;

import static dev.fewstep.schemas.spec.Checks.require;

import dev.fewstep.schemas.Digests;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;

/**
 * Images held in memory as bytes, one per value, in index order and C, H, W order: at most 2 GiB.
 */
public final class ByteImages implements ImageDataset {
  private final ImageShape shape;
  private final byte[] pixels;
  private final int size;
  private final Optional<int[]> labels;
  private final String digest;

  /**
   * Takes ownership of the arrays.
   *
   * @param shape shape of every image
   * @param pixels values of all images; its length is a positive multiple of shape.elements()
   * @param labels class of every image, when known; not negative
   */
  public ByteImages(ImageShape shape, byte[] pixels, Optional<int[]> labels) {
    this.shape = Objects.requireNonNull(shape, "shape");
    this.pixels = Objects.requireNonNull(pixels, "pixels");
    this.labels = Objects.requireNonNull(labels, "labels");
    require(pixels.length > 0, "a dataset needs at least one image");
    require(
        pixels.length % shape.elements() == 0,
        "%s bytes are no whole number of %s images",
        pixels.length,
        shape);
    this.size = pixels.length / shape.elements();
    labels.ifPresent(
        classes -> {
          require(classes.length == size, "%s labels for %s images", classes.length, size);
          require(Arrays.stream(classes).allMatch(c -> c >= 0), "a label must not be negative");
        });
    this.digest = digest(shape, size, pixels);
  }

  private static String digest(ImageShape shape, int size, byte[] pixels) {
    MessageDigest sha = Digests.sha256();
    String head =
        "images %d %d %d %d\n".formatted(size, shape.channels(), shape.height(), shape.width());
    sha.update(head.getBytes(StandardCharsets.US_ASCII));
    return HexFormat.of().formatHex(sha.digest(pixels));
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
  public String digest() {
    return digest;
  }

  @Override
  public Optional<int[]> labels() {
    return labels.map(int[]::clone);
  }

  @Override
  public float[] values(int[] indices) {
    int elements = shape.elements();
    float[] values = new float[Math.multiplyExact(indices.length, elements)];
    int out = 0;
    for (int index : indices) {
      Objects.checkIndex(index, size);
      int from = index * elements;
      for (int i = 0; i < elements; i++) {
        values[out++] = UnitBytes.value(pixels[from + i]);
      }
    }
    return values;
  }

  @Override
  public byte[] image(int index) {
    Objects.checkIndex(index, size);
    int elements = shape.elements();
    return Arrays.copyOfRange(pixels, index * elements, (index + 1) * elements);
  }

  /** Images {@code from} (inclusive) to {@code to} (exclusive) as a dataset of their own. */
  public ByteImages slice(int from, int to) {
    Objects.checkFromToIndex(from, to, size);
    require(from < to, "an empty split: [%s, %s)", from, to);
    return new ByteImages(
        shape,
        Arrays.copyOfRange(pixels, from * shape.elements(), to * shape.elements()),
        labels.map(all -> Arrays.copyOfRange(all, from, to)));
  }

  /** All bytes, not copied: for writers of this package only. */
  byte[] pixels() {
    return pixels;
  }
}
