package dev.fewstep.worker.image;

import static dev.fewstep.schemas.spec.Checks.require;

import dev.fewstep.worker.data.ImageShape;
import java.util.Arrays;
import java.util.List;

/**
 * Images in rows on one, as torchvision's {@code make_grid} lays them out: padding around and
 * between images, a single image without any, grey as RGB.
 *
 * @param nrow images in a row, 1 to 1024
 * @param padding pixels around every image, 0 to 64
 * @param padValue value of the padding, 0 (black) to 255
 * @param scale edge of the square that a pixel becomes, 1 to 16; 1 is make_grid's
 */
public record ImageGrid(int nrow, int padding, int padValue, int scale) {
  private static final int MAX_EDGE = 4096;

  /** Checks. */
  public ImageGrid {
    require(nrow >= 1 && nrow <= 1024, "images in a row must be 1 to 1024, not %s", nrow);
    require(padding >= 0 && padding <= 64, "padding must be 0 to 64, not %s", padding);
    require(padValue >= 0 && padValue <= 255, "padValue must be 0 to 255, not %s", padValue);
    require(scale >= 1 && scale <= 16, "scale must be 1 to 16, not %s", scale);
  }

  /** make_grid's defaults: padding 2, black, with this many images in a row. */
  public static ImageGrid of(int nrow) {
    return new ImageGrid(nrow, 2, 0, 1);
  }

  /**
   * Lays out images of one shape.
   *
   * @param images at least one, all of one shape with 1 or 3 channels
   * @return RGB: ceil(N / nrow) rows of min(nrow, N) images
   * @throws IllegalArgumentException when shapes differ or an edge is longer than 4096 pixels
   */
  public Picture of(List<Picture> images) {
    require(!images.isEmpty(), "a sheet needs at least one image");
    Picture first = images.get(0).rgb();
    ImageShape image = first.shape();
    if (images.size() == 1 && scale == 1) {
      return first;
    }
    int gap = images.size() == 1 ? 0 : padding;
    int columns = Math.min(nrow, images.size());
    int rows = (images.size() + columns - 1) / columns;
    long height = (long) rows * ((long) image.height() * scale + gap) + gap;
    long width = (long) columns * ((long) image.width() * scale + gap) + gap;
    require(
        height <= MAX_EDGE && width <= MAX_EDGE,
        "a sheet of %sx%s pixels (height x width), at most %s along an edge: show fewer images",
        height,
        width,
        MAX_EDGE);
    ImageShape sheet = new ImageShape(3, (int) height, (int) width);
    byte[] out = new byte[sheet.elements()];
    Arrays.fill(out, (byte) padValue);
    for (int i = 0; i < images.size(); i++) {
      Picture one = images.get(i).rgb();
      require(one.shape().equals(image), "image %s is %s, the first is %s", i, one.shape(), image);
      int top = i / columns * (image.height() * scale + gap) + gap;
      int left = i % columns * (image.width() * scale + gap) + gap;
      place(one, sheet, out, top, left);
    }
    return new Picture(sheet, out);
  }

  private void place(Picture one, ImageShape sheet, byte[] out, int top, int left) {
    ImageShape image = one.shape();
    for (int i = 0; i < image.elements(); i++) {
      int x = i % image.width();
      int y = i / image.width() % image.height();
      int channel = i / (image.width() * image.height());
      for (int row = 0; row < scale; row++) {
        int at = (channel * sheet.height() + top + y * scale + row) * sheet.width();
        at += left + x * scale;
        Arrays.fill(out, at, at + scale, one.pixels()[i]);
      }
    }
  }
}
