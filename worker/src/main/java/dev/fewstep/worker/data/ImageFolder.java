package dev.fewstep.worker.data;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import dev.fewstep.worker.image.ImageDecoder;
import dev.fewstep.worker.image.ImageFormatException;
import dev.fewstep.worker.image.PilResize;
import dev.fewstep.worker.image.PixelImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A folder of PNG, JPEG or WebP files, with Pillow's pixels; the order is that of the path names.
 */
public final class ImageFolder {
  private static final Set<String> SUFFIXES = Set.of("png", "jpg", "jpeg", "webp");
  private static final int MAX_FILE = 64 << 20;

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
    /**
     * The largest centred part with the right aspect ratio is scaled, bilinearly, as Pillow does.
     */
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
      throw new DatasetException(folder, "no .png, .jpg, .jpeg or .webp file in it");
    }
    if (total > Integer.MAX_VALUE - 64) {
      throw new DatasetException(folder, total + " bytes of images; at most 2 GiB can be read");
    }
    byte[] pixels = new byte[(int) total];
    ImageDecoder decoder = new ImageDecoder();
    for (int i = 0; i < files.size(); i++) {
      decode(decoder, files.get(i), options, pixels, i * options.shape().elements());
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
    decode(new ImageDecoder(), file, options, pixels, 0);
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

  private static void decode(ImageDecoder decoder, Path file, Options options, byte[] out, int to)
      throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_FILE + 1);
      if (bytes.length > MAX_FILE) {
        throw new DatasetException(file, "an image file of more than 64 MiB");
      }
      PixelImage image = fitted(file, decoder.decode(bytes), options);
      byte[] planes = image.withChannels(options.shape().channels()).planes();
      System.arraycopy(planes, 0, out, to, planes.length);
    } catch (ImageFormatException e) {
      throw new DatasetException(file, e.getMessage(), e);
    }
  }

  private static PixelImage fitted(Path file, PixelImage image, Options options)
      throws DatasetException {
    int height = options.shape().height();
    int width = options.shape().width();
    if (image.width() == width && image.height() == height) {
      return image;
    }
    if (options.fit() == Fit.EXACT) {
      throw new DatasetException(
          file,
          "it is %dx%d (height x width), expected %dx%d"
              .formatted(image.height(), image.width(), height, width));
    }
    double scale = Math.min(image.width() / (double) width, image.height() / (double) height);
    int cropWidth = Math.max(1, (int) Math.round(width * scale));
    int cropHeight = Math.max(1, (int) Math.round(height * scale));
    return image
        .crop(
            (image.height() - cropHeight) / 2,
            (image.width() - cropWidth) / 2,
            cropHeight,
            cropWidth)
        .resize(height, width, PilResize.Filter.BILINEAR);
  }
}
