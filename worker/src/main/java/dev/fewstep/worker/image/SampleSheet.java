package dev.fewstep.worker.image;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import dev.fewstep.worker.checkpoint.AtomicFile;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.evaluation.EightBit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Many images in rows on one: what people look at. The last row is filled up with the background.
 *
 * @param columns images side by side, at least 1
 * @param scale edge of the square that a pixel becomes, 1 to 16
 * @param gap background pixels between images, 0 to 16
 */
public record SampleSheet(int columns, int scale, int gap) {
  private static final byte BACKGROUND = (byte) 128;
  private static final int MAX_EDGE = 4096;

  public SampleSheet {
    require(columns >= 1 && columns <= 256, "columns must be 1 to 256, not %s", columns);
    require(scale >= 1 && scale <= 16, "scale must be 1 to 16, not %s", scale);
    require(gap >= 0 && gap <= 16, "gap must be 0 to 16, not %s", gap);
  }

  /**
   * PNG bytes of a sheet. Values pass through 8 bits as those of an evaluation do.
   *
   * @param images (N, C, H, W) meant for [0, 1], N at least 1, C 1 or 3
   * @throws IllegalArgumentException when a value is not finite or the sheet is larger than 4096
   *     pixels along an edge
   */
  public byte[] encode(NDArray images) {
    long[] d = images.getShape().getShape();
    require(
        d.length == 4 && d[0] >= 1, "images of shape %s, expected (N, C, H, W)", images.getShape());
    ImageShape image = new ImageShape((int) d[1], (int) d[2], (int) d[3]);
    int count = (int) d[0];
    int rows = (count + columns - 1) / columns;
    int height = edge(rows, image.height());
    int width = edge(Math.min(columns, count), image.width());
    require(
        height <= MAX_EDGE && width <= MAX_EDGE,
        "a sheet of %sx%s pixels; at most %s along an edge",
        height,
        width,
        MAX_EDGE);
    ImageShape sheet = new ImageShape(image.channels(), height, width);
    byte[] pixels = EightBit.toBytes(images);
    byte[] out = new byte[sheet.elements()];
    Arrays.fill(out, BACKGROUND);
    for (int i = 0; i < pixels.length; i++) {
      int x = i % image.width();
      int y = i / image.width() % image.height();
      int channel = i / (image.width() * image.height()) % image.channels();
      int which = i / image.elements();
      int left = which % columns * (image.width() * scale + gap) + x * scale;
      int top = which / columns * (image.height() * scale + gap) + y * scale;
      for (int row = 0; row < scale; row++) {
        int from = (channel * height + top + row) * width + left;
        Arrays.fill(out, from, from + scale, pixels[i]);
      }
    }
    return PngFile.encode(sheet, out);
  }

  private int edge(int images, int pixels) {
    return images * (pixels * scale + gap) - gap;
  }

  /** Writes a sheet atomically; see {@link #encode}. */
  public void write(Path file, NDArray images) throws IOException {
    byte[] png = encode(images);
    AtomicFile.write(file, out -> out.write(png));
  }
}
