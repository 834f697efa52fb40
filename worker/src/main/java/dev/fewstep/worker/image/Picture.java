package dev.fewstep.worker.image;

import static dev.fewstep.schemas.spec.Checks.require;

import dev.fewstep.worker.checkpoint.AtomicFile;
import dev.fewstep.worker.data.ImageShape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** One 8-bit image, grey or RGB. */
public final class Picture {
  private final ImageShape shape;
  private final byte[] pixels;

  /**
   * Takes ownership of the bytes.
   *
   * @param shape 1 (grey) or 3 (RGB) channels
   * @param pixels C, H, W order, shape.elements() bytes
   */
  public Picture(ImageShape shape, byte[] pixels) {
    this.shape = Objects.requireNonNull(shape, "shape");
    this.pixels = pixels;
    require(
        shape.channels() == 1 || shape.channels() == 3,
        "images of %s channels cannot be drawn: a PNG has 1 (grey) or 3 (RGB)",
        shape.channels());
    require(
        pixels.length == shape.elements(),
        "a %s image takes %s bytes, not %s",
        shape,
        shape.elements(),
        pixels.length);
  }

  /** Its shape. */
  public ImageShape shape() {
    return shape;
  }

  /** Its bytes in C, H, W order; not to be changed. */
  public byte[] pixels() {
    return pixels;
  }

  /** Parts the bytes of several images of one shape. */
  public static List<Picture> all(ImageShape shape, byte[] pixels) {
    List<Picture> pictures = new ArrayList<>();
    for (int from = 0; from < pixels.length; from += shape.elements()) {
      pictures.add(new Picture(shape, Arrays.copyOfRange(pixels, from, from + shape.elements())));
    }
    return pictures;
  }

  /** The same image with three channels: grey is repeated, as torchvision's save_image does. */
  public Picture rgb() {
    if (shape.channels() == 3) {
      return this;
    }
    byte[] three = new byte[3 * pixels.length];
    for (int channel = 0; channel < 3; channel++) {
      System.arraycopy(pixels, 0, three, channel * pixels.length, pixels.length);
    }
    return new Picture(new ImageShape(3, shape.height(), shape.width()), three);
  }

  /** PNG bytes as torchvision's save_image makes them of one image: 8-bit RGB, grey too. */
  public byte[] png() {
    Picture rgb = rgb();
    return PngFile.encode(rgb.shape(), rgb.pixels());
  }

  /** Writes {@link #png} atomically. */
  public void write(Path file) throws IOException {
    byte[] bytes = png();
    AtomicFile.write(file, out -> out.write(bytes));
  }

  /** Images side by side with a white gap: all of one height. */
  public static Picture beside(List<Picture> pictures, int gap) {
    require(!pictures.isEmpty(), "nothing to put side by side");
    int height = pictures.get(0).shape().height();
    int width = -gap;
    for (Picture picture : pictures) {
      require(picture.shape().height() == height, "pictures of different heights");
      width += picture.shape().width() + gap;
    }
    ImageShape whole = new ImageShape(3, height, width);
    byte[] out = new byte[whole.elements()];
    Arrays.fill(out, (byte) 255);
    int left = 0;
    for (Picture picture : pictures) {
      Picture rgb = picture.rgb();
      int own = rgb.shape().width();
      for (int row = 0; row < 3 * height; row++) {
        System.arraycopy(rgb.pixels(), row * own, out, row * width + left, own);
      }
      left += own + gap;
    }
    return new Picture(whole, out);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Picture picture
        && picture.shape.equals(shape)
        && Arrays.equals(picture.pixels, pixels);
  }

  @Override
  public int hashCode() {
    return 31 * shape.hashCode() + Arrays.hashCode(pixels);
  }

  @Override
  public String toString() {
    return "Picture " + shape;
  }
}
