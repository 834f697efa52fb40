package dev.fewstep.cli.local;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.cli.CliException;
import dev.fewstep.worker.data.DatasetException;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.image.ImageDecoder;
import dev.fewstep.worker.image.ImageFormatException;
import dev.fewstep.worker.image.PixelImage;
import dev.fewstep.worker.tensor.Autograd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/**
 * A folder of images of any sizes, for an extractor that resizes them itself. Each is decoded as
 * Pillow's {@code convert("RGB")} does and measured alone, so that no more than one is in memory.
 */
final class OddImages {
  private static final int CHANNELS = 3;

  private final List<Path> files;

  private OddImages(List<Path> files) {
    this.files = files;
  }

  /**
   * Lists the files, also those of folders within, by path.
   *
   * @throws CliException when there is none
   */
  static OddImages in(Path folder) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      List<Path> files = tree.filter(OddImages::isImage).sorted().toList();
      if (files.isEmpty()) {
        throw CliException.usage(folder + " holds no .png, .jpg, .jpeg or .webp file");
      }
      return new OddImages(files);
    }
  }

  private static boolean isImage(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return Files.isRegularFile(file) && name.matches(".*\\.(png|jpe?g|webp)");
  }

  int size() {
    return files.size();
  }

  /** Shape of the first image. */
  ImageShape first() throws IOException {
    PixelImage image = decode(new ImageDecoder(), files.get(0));
    return new ImageShape(CHANNELS, image.height(), image.width());
  }

  private static PixelImage decode(ImageDecoder decoder, Path file) throws IOException {
    try {
      return decoder.decode(Files.readAllBytes(file)).withChannels(CHANNELS);
    } catch (ImageFormatException e) {
      throw new DatasetException(file, e.getMessage());
    }
  }

  /**
   * Features of every image in the order of the paths.
   *
   * @param progress hears how many images are done
   */
  FeatureSet extract(NDManager manager, FeatureExtractor extractor, IntConsumer progress)
      throws IOException {
    int dimensions = extractor.dimensions();
    float[] all = new float[Math.multiplyExact(files.size(), dimensions)];
    ImageDecoder decoder = new ImageDecoder();
    for (int i = 0; i < files.size(); i++) {
      PixelImage image = decode(decoder, files.get(i));
      float[] unit = new float[image.planes().length];
      for (int p = 0; p < unit.length; p++) {
        unit[p] = Byte.toUnsignedInt(image.planes()[p]) / 255f;
      }
      float[] vector =
          Autograd.off(
              () -> {
                try (NDManager scope = manager.newSubManager()) {
                  NDArray one =
                      scope.create(unit, new Shape(1, CHANNELS, image.height(), image.width()));
                  return extractor.features(one).toFloatArray();
                }
              });
      System.arraycopy(vector, 0, all, i * dimensions, dimensions);
      progress.accept(i + 1);
    }
    return new FeatureSet(
        Optional.of(extractor.name()), manager.create(all, new Shape(files.size(), dimensions)));
  }
}
