package dev.fewstep.worker.features;

import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.checkpoint.SafetensorsFile;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.data.ImageShape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** Opens an extractor by what its file holds, whatever the file's name. */
public final class Extractors {
  private Extractors() {}

  /**
   * Opens a small network ({@code .safetensors} with a configuration), a TorchScript module, or
   * FID's Inception-v3 ({@code .pth}, {@code .safetensors} without a configuration).
   *
   * @param file the extractor's file
   * @param mode layers of a small network, see {@link FeatureMode}; must be empty for the others
   * @param image shape of the images that it will be given
   * @param parent manager on whose device it runs
   * @throws TensorFormatException when the file is none of these
   * @throws IllegalArgumentException when there is no such mode
   */
  public static FeatureExtractor open(Path file, String mode, ImageShape image, NDManager parent)
      throws IOException {
    if (isZip(file)) {
      requireNoMode(file, mode);
      return isTorchScript(file)
          ? TorchScriptExtractor.load(file, image, parent)
          : InceptionExtractor.load(file, parent);
    }
    if (isConfigured(file)) {
      return SmallConvNetExtractor.load(file, FeatureMode.parse(mode), parent);
    }
    requireNoMode(file, mode);
    return InceptionExtractor.load(file, parent);
  }

  private static boolean isConfigured(Path file) throws IOException {
    try {
      return SafetensorsFile.metadata(file).containsKey(SmallConvNetExtractor.METADATA);
    } catch (TensorFormatException e) {
      return false; // A legacy .pth; whoever reads it says what is wrong with anything else.
    }
  }

  private static void requireNoMode(Path file, String mode) {
    if (!mode.isEmpty()) {
      throw new IllegalArgumentException(
          "the extractor " + file.getFileName() + " has no modes, so none named '" + mode + "'");
    }
  }

  private static boolean isZip(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.read() == 'P' && in.read() == 'K';
    }
  }

  private static boolean isTorchScript(Path file) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      return zip.stream().anyMatch(entry -> entry.getName().contains("/code/"));
    } catch (ZipException e) {
      throw new TensorFormatException(file, "not a readable zip (" + e.getMessage() + ")", e);
    }
  }
}
