package dev.fewstep.worker.data;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** A folder of PNG or JPEG files; the order is that of the path names. */
public final class ImageFolder {
  private static final Set<String> SUFFIXES = Set.of("png", "jpg", "jpeg");
  private static final long MAX_PIXELS = 64L << 20;

  /**
   * How a folder is read.
   *
   * @param shape shape of every image; channels 1 (grey) or 3 (RGB)
   * @param recursive whether folders in the folder are read too
   * @param fit what happens to an image of another size
   */
  public record Options(ImageShape shape, boolean recursive, Fit fit) {
    public Options {
      requireNonNull(shape, "shape");
      requireNonNull(fit, "fit");
      require(
          shape.channels() == 1 || shape.channels() == 3,
          "an image folder gives 1 (grey) or 3 (RGB) channels, not %s",
          shape.channels());
    }
  }

  /** What happens to an image whose size is not the dataset's. */
  public enum Fit {
    /** It is an error. */
    EXACT,
    /** The largest centred part with the right aspect ratio is scaled, bilinearly. */
    CENTER_CROP
  }

  private ImageFolder() {}

  /**
   * Reads every image.
   *
   * @throws DatasetException naming the first file that is unreadable or of the wrong size, or when
   *     there is no image
   */
  public static ByteImages read(Path folder, Options options) throws IOException {
    List<Path> files = files(folder, options.recursive());
    long total = (long) files.size() * options.shape().elements();
    if (files.isEmpty()) {
      throw new DatasetException(folder, "no .png, .jpg or .jpeg file in it");
    }
    if (total > Integer.MAX_VALUE - 64) {
      throw new DatasetException(folder, total + " bytes of images; at most 2 GiB can be read");
    }
    byte[] pixels = new byte[(int) total];
    for (int i = 0; i < files.size(); i++) {
      BufferedImage image = fitted(files.get(i), decode(files.get(i)), options);
      copy(image, options.shape(), pixels, i * options.shape().elements());
    }
    return new ByteImages(options.shape(), pixels, Optional.empty());
  }

  /**
   * Reads one file as a dataset of one image.
   *
   * @throws DatasetException when it is unreadable or of the wrong size
   */
  public static ByteImages readFile(Path file, Options options) throws IOException {
    byte[] pixels = new byte[options.shape().elements()];
    copy(fitted(file, decode(file), options), options.shape(), pixels, 0);
    return new ByteImages(options.shape(), pixels, Optional.empty());
  }

  private static List<Path> files(Path folder, boolean recursive) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new DatasetException(folder, "not a folder");
    }
    try (Stream<Path> walk = Files.walk(folder, recursive ? 32 : 1)) {
      return walk.filter(Files::isRegularFile)
          .filter(ImageFolder::isImage)
          .sorted(Comparator.comparing(file -> folder.relativize(file).toString()))
          .toList();
    }
  }

  private static boolean isImage(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return !name.startsWith(".") && SUFFIXES.contains(name.substring(name.lastIndexOf('.') + 1));
  }

  private static BufferedImage decode(Path file) throws IOException {
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      if (in == null) {
        throw new DatasetException(file, "it cannot be opened");
      }
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new DatasetException(file, "neither PNG nor JPEG");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, true);
        long area = (long) reader.getWidth(0) * reader.getHeight(0);
        if (area > MAX_PIXELS) {
          throw new DatasetException(
              file,
              reader.getWidth(0) + "x" + reader.getHeight(0) + " pixels; at most " + MAX_PIXELS);
        }
        return reader.read(0);
      } finally {
        reader.dispose();
      }
    } catch (DatasetException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // ImageIO's readers answer damaged files with several unchecked exceptions.
      throw new DatasetException(file, "not a readable image (" + e.getMessage() + ")", e);
    }
  }

  private static BufferedImage fitted(Path file, BufferedImage image, Options options)
      throws DatasetException {
    int height = options.shape().height();
    int width = options.shape().width();
    if (image.getWidth() == width && image.getHeight() == height) {
      return image;
    }
    if (options.fit() == Fit.EXACT) {
      throw new DatasetException(
          file,
          "it is %dx%d (height x width), expected %dx%d"
              .formatted(image.getHeight(), image.getWidth(), height, width));
    }
    double scale = Math.min(image.getWidth() / (double) width, image.getHeight() / (double) height);
    int cropWidth = Math.max(1, (int) Math.round(width * scale));
    int cropHeight = Math.max(1, (int) Math.round(height * scale));
    int left = (image.getWidth() - cropWidth) / 2;
    int top = (image.getHeight() - cropHeight) / 2;
    BufferedImage out = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = out.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    graphics.drawImage(
        image, 0, 0, width, height, left, top, left + cropWidth, top + cropHeight, null);
    graphics.dispose();
    return out;
  }

  /** Grey files keep their bytes; colour becomes grey by ITU-R 601 weights, as PIL's "L". */
  private static void copy(BufferedImage image, ImageShape shape, byte[] out, int offset) {
    int plane = shape.height() * shape.width();
    boolean greyBytes =
        image.getRaster().getNumBands() == 1
            && image.getColorModel().getPixelSize() == 8
            && !(image.getColorModel() instanceof java.awt.image.IndexColorModel);
    for (int y = 0; y < shape.height(); y++) {
      for (int x = 0; x < shape.width(); x++) {
        int at = offset + y * shape.width() + x;
        if (greyBytes) {
          byte value = (byte) image.getRaster().getSample(x, y, 0);
          for (int c = 0; c < shape.channels(); c++) {
            out[at + c * plane] = value;
          }
        } else {
          int rgb = image.getRGB(x, y);
          int red = rgb >> 16 & 0xff;
          int green = rgb >> 8 & 0xff;
          int blue = rgb & 0xff;
          if (shape.channels() == 1) {
            out[at] = (byte) ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16);
          } else {
            out[at] = (byte) red;
            out[at + plane] = (byte) green;
            out[at + 2 * plane] = (byte) blue;
          }
        }
      }
    }
  }
}
