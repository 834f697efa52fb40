package dev.fewstep.cli.local;

import dev.fewstep.cli.CliException;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.ImageDatasets;
import dev.fewstep.worker.data.ImageFolder;
import dev.fewstep.worker.data.ImageShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Reads the images behind a path: a folder, a dataset's {@code .npz}, or IDX. */
final class ImageSource {
  private ImageSource() {}

  /**
   * Reads every image; all must have one size.
   *
   * @param shape what the images must be; needed for a folder, whose files do not say their
   *     channels
   * @throws CliException when the images have another shape, or a folder's is not known
   * @throws dev.fewstep.worker.data.DatasetException naming the file that cannot be read
   */
  static ByteImages read(Path path, Optional<ImageShape> shape) throws IOException {
    if (Files.isDirectory(path)) {
      ImageShape known =
          shape.orElseThrow(
              () ->
                  CliException.usage(
                      path
                          + " is a folder: say which shape its images have, such as --shape 3,32,32"));
      return ImageFolder.read(path, new ImageFolder.Options(known, true, ImageFolder.Fit.EXACT));
    }
    ByteImages images = ImageDatasets.read(path);
    if (shape.isPresent() && !shape.get().equals(images.shape())) {
      throw CliException.usage(
          "%s holds %s images, but the extractor takes %s"
              .formatted(path, images.shape(), shape.get()));
    }
    return images;
  }

  /**
   * The shape that {@code --shape C,H,W} names.
   *
   * @param numbers what was given, or null
   */
  static Optional<ImageShape> shape(int[] numbers) {
    if (numbers == null) {
      return Optional.empty();
    }
    if (numbers.length != 3) {
      throw CliException.usage("--shape has 3 numbers, channels, height and width: 3,32,32");
    }
    return Optional.of(new ImageShape(numbers[0], numbers[1], numbers[2]));
  }
}
