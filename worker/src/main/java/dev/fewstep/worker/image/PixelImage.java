package dev.fewstep.worker.image;

import static dev.fewstep.schemas.spec.Checks.require;

import java.util.Objects;

/**
 * A decoded image of 8 bits per channel.
 *
 * @param channels 1 (grey) or 3 (RGB)
 * @param height rows
 * @param width columns
 * @param planes unsigned bytes in C, H, W order; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // The pixels are the record; nothing compares it.
public record PixelImage(int channels, int height, int width, byte[] planes) {
  public PixelImage {
    require(channels == 1 || channels == 3, "an image has 1 or 3 channels, not %s", channels);
    require(height >= 1 && width >= 1, "an image of %sx%s", height, width);
    Objects.requireNonNull(planes, "planes");
    require(
        planes.length == (long) channels * height * width,
        "%s bytes are no %sx%sx%s image",
        planes.length,
        channels,
        height,
        width);
  }

  /**
   * The same picture with that many channels: grey is repeated; colour becomes grey by ITU-R 601
   * weights, as Pillow's mode {@code L}.
   */
  public PixelImage withChannels(int wanted) {
    if (wanted == channels) {
      return this;
    }
    int plane = height * width;
    byte[] out = new byte[wanted * plane];
    if (wanted == 3) {
      for (int c = 0; c < 3; c++) {
        System.arraycopy(planes, 0, out, c * plane, plane);
      }
    } else {
      for (int i = 0; i < plane; i++) {
        int red = planes[i] & 0xff;
        int green = planes[plane + i] & 0xff;
        int blue = planes[2 * plane + i] & 0xff;
        out[i] = (byte) ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16);
      }
    }
    return new PixelImage(wanted, height, width, out);
  }

  /**
   * A part of the image.
   *
   * @throws IllegalArgumentException when the part is not inside the image
   */
  public PixelImage crop(int top, int left, int newHeight, int newWidth) {
    require(
        top >= 0
            && left >= 0
            && newHeight >= 1
            && newWidth >= 1
            && (long) top + newHeight <= height
            && (long) left + newWidth <= width,
        "a crop of %sx%s at row %s, column %s does not fit into %sx%s (height x width)",
        newHeight,
        newWidth,
        top,
        left,
        height,
        width);
    if (newHeight == height && newWidth == width) {
      return this;
    }
    byte[] out = new byte[channels * newHeight * newWidth];
    for (int c = 0; c < channels; c++) {
      for (int y = 0; y < newHeight; y++) {
        int from = (c * height + top + y) * width + left;
        System.arraycopy(planes, from, out, (c * newHeight + y) * newWidth, newWidth);
      }
    }
    return new PixelImage(channels, newHeight, newWidth, out);
  }

  /** Resized as Pillow does it. */
  public PixelImage resize(int newHeight, int newWidth, PilResize.Filter filter) {
    if (newHeight == height && newWidth == width) {
      return this;
    }
    PilResize resize = new PilResize(height, width, newHeight, newWidth, filter);
    return new PixelImage(channels, newHeight, newWidth, resize.bytes(planes));
  }
}
