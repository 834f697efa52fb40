package dev.fewstep.worker.image;

import static dev.fewstep.schemas.spec.Checks.require;

import dev.fewstep.worker.checkpoint.AtomicFile;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.ImageFolder;
import dev.fewstep.worker.data.ImageShape;
import java.awt.image.BufferedImage;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** One 8-bit image, grey or RGB, as PNG. */
public final class PngFile {
  private PngFile() {}

  /**
   * PNG bytes of an image; equal images make equal bytes on the same Java version.
   *
   * @param shape 1 or 3 channels
   * @param pixels C, H, W order, shape.elements() bytes
   */
  public static byte[] encode(ImageShape shape, byte[] pixels) {
    require(
        shape.channels() == 1 || shape.channels() == 3,
        "a PNG has 1 (grey) or 3 (RGB) channels here, not %s",
        shape.channels());
    require(
        pixels.length == shape.elements(),
        "a %s image takes %s bytes, not %s",
        shape,
        shape.elements(),
        pixels.length);
    int height = shape.height();
    int width = shape.width();
    int type = shape.channels() == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR;
    BufferedImage image = new BufferedImage(width, height, type);
    WritableRaster raster = image.getRaster();
    for (int i = 0; i < pixels.length; i++) {
      int channel = i / (height * width);
      raster.setSample(i % width, i / width % height, channel, Byte.toUnsignedInt(pixels[i]));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      if (!ImageIO.write(image, "png", out)) {
        throw new IllegalStateException("this Java has no PNG writer (module java.desktop)");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** Writes an image atomically; see {@link #encode}. */
  public static void write(Path file, ImageShape shape, byte[] pixels) throws IOException {
    byte[] png = encode(shape, pixels);
    AtomicFile.write(file, out -> out.write(png));
  }

  /**
   * Reads an image back as a dataset of one.
   *
   * @throws dev.fewstep.worker.data.DatasetException when it is no PNG or JPEG of that shape
   */
  public static ByteImages read(Path file, ImageShape shape) throws IOException {
    return ImageFolder.readFile(file, new ImageFolder.Options(shape, false, ImageFolder.Fit.EXACT));
  }
}
