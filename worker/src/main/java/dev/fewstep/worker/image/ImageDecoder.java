package dev.fewstep.worker.image;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.Optional;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * PNG, JPEG and WebP files to pixels, with the values that Pillow's {@code
 * Image.open(file).convert("RGB")} gives: palettes are looked up, transparency and colour profiles
 * are dropped, EXIF orientation is ignored, of 16-bit colour the high byte is kept, and 16-bit grey
 * is clipped at 255, which is Pillow's way with it. Readers are kept between images, so that an
 * instance belongs to one thread.
 */
public final class ImageDecoder {
  private final Optional<ImageReader> jpeg = reader("jpeg");
  private final Optional<ImageReader> png = reader("png");
  private final Optional<ImageReader> webp = reader("webp");

  private static Optional<ImageReader> reader(String format) {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
    return readers.hasNext() ? Optional.of(readers.next()) : Optional.empty();
  }

  /** Bytes of memory that decoding the file will take at most, from a glance at its header. */
  public static long memory(byte[] file) {
    // A progressive JPEG keeps two bytes per value natively; then there is a raster, and planes.
    return 16 * EncodedImage.pixels(file) + 2L * file.length;
  }

  /**
   * Decodes a file.
   *
   * @param file PNG, JPEG or WebP, told apart by its first bytes
   * @return 1 channel for grey files, else 3
   * @throws ImageFormatException when it is none of these, is damaged, or claims more than 64 Mi
   *     pixels
   */
  public PixelImage decode(byte[] file) throws ImageFormatException {
    EncodedImage image = EncodedImage.of(file);
    try {
      return switch (image.format()) {
        case JPEG -> jpeg(image);
        case PNG -> pixels(image, read(png, "png", image.bytes()));
        case WEBP_LOSSLESS -> pixels(image, read(webp, "webp", image.bytes()));
        case WEBP_LOSSY -> WebpFrame.decode(image.bytes(), image.height(), image.width());
      };
    } catch (ImageFormatException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // ImageIO's readers answer damaged files with several unchecked exceptions.
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw new ImageFormatException("a damaged " + image.format() + " image (" + why + ")", e);
    }
  }

  private PixelImage jpeg(EncodedImage image) throws IOException {
    if (image.components() != 4) {
      return pixels(image, read(jpeg, "jpeg", image.bytes()));
    }
    ImageReader reader = jpeg.orElseThrow();
    try (ImageInputStream in = open(image.bytes())) {
      reader.setInput(in, true, true);
      return cmyk(image, reader.readRaster(0, null));
    } finally {
      reader.reset();
    }
  }

  private static BufferedImage read(Optional<ImageReader> known, String format, byte[] bytes)
      throws IOException {
    ImageReader reader =
        known.orElseThrow(() -> new ImageFormatException("no reader for " + format + " is there"));
    try (ImageInputStream in = open(bytes)) {
      reader.setInput(in, true, true);
      return reader.read(0);
    } finally {
      reader.reset();
    }
  }

  private static ImageInputStream open(byte[] bytes) {
    return new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes));
  }

  private static PixelImage pixels(EncodedImage claimed, BufferedImage image)
      throws ImageFormatException {
    int width = image.getWidth();
    int height = image.getHeight();
    if (width != claimed.width() || height != claimed.height()) {
      throw new ImageFormatException("its header and its pixels differ in size");
    }
    Raster raster = image.getRaster();
    ColorModel model = image.getColorModel();
    if (model instanceof IndexColorModel palette) {
      return palette(palette, raster);
    }
    int bands = raster.getNumBands();
    int channels = bands >= 3 ? 3 : 1;
    int bits = model.getComponentSize(0);
    boolean clipped = bits == 16 && bands == 1;
    int shift = clipped ? 0 : Math.max(0, bits - 8);
    byte[] planes = new byte[channels * height * width];
    int[] row = new int[width * bands];
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int c = 0; c < channels; c++) {
        int out = (c * height + y) * width;
        for (int x = 0; x < width; x++) {
          int value = row[x * bands + c] >> shift;
          planes[out + x] = (byte) (clipped ? Math.min(255, value) : value);
        }
      }
    }
    return new PixelImage(channels, height, width, planes);
  }

  private static PixelImage palette(IndexColorModel palette, Raster raster) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    int plane = height * width;
    byte[] planes = new byte[3 * plane];
    int[] colours = new int[palette.getMapSize()];
    palette.getRGBs(colours);
    boolean grey = true;
    int[] row = new int[width];
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        int colour = colours[Math.min(row[x], colours.length - 1)];
        int at = y * width + x;
        planes[at] = (byte) (colour >> 16);
        planes[plane + at] = (byte) (colour >> 8);
        planes[2 * plane + at] = (byte) colour;
        grey &= planes[at] == planes[plane + at] && planes[at] == planes[2 * plane + at];
      }
    }
    PixelImage image = new PixelImage(3, height, width, planes);
    return grey && palette.getPixelSize() < 8 ? image.withChannels(1) : image;
  }

  /** Pillow inverts Adobe's CMYK, then R = 255 - K - C (255 - K) / 255. */
  private static PixelImage cmyk(EncodedImage image, Raster raster) {
    int width = raster.getWidth();
    int height = raster.getHeight();
    int plane = height * width;
    byte[] planes = new byte[3 * plane];
    int[] row = new int[4 * width];
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        int[] ink = {row[4 * x], row[4 * x + 1], row[4 * x + 2]};
        if (image.adobe() == 2) {
          ink = inverseYcc(ink);
        }
        int key = image.adobe() >= 0 ? row[4 * x + 3] : 255 - row[4 * x + 3];
        for (int c = 0; c < 3; c++) {
          int amount = image.adobe() >= 0 ? 255 - ink[c] : ink[c];
          int product = amount * key + 128;
          int divided = ((product >> 8) + product) >> 8;
          planes[c * plane + y * width + x] = (byte) Math.max(0, key - divided);
        }
      }
    }
    return new PixelImage(3, height, width, planes);
  }

  /** libjpeg's YCCK to CMYK: the inks are the complements of YCbCr's red, green and blue. */
  private static int[] inverseYcc(int[] ycc) {
    int cb = ycc[1] - 128;
    int cr = ycc[2] - 128;
    int red = ycc[0] + ((91881 * cr + 32768) >> 16);
    int green = ycc[0] + ((-22554 * cb - 46802 * cr + 32768) >> 16);
    int blue = ycc[0] + ((116130 * cb + 32768) >> 16);
    return new int[] {255 - clip(red), 255 - clip(green), 255 - clip(blue)};
  }

  private static int clip(int value) {
    return Math.min(255, Math.max(0, value));
  }
}
