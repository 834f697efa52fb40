package dev.fewstep.worker.features;

import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.checkpoint.SafetensorsFile;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.tensor.ScriptTrust;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Opens an extractor by what its file holds, whatever the file's name. */
public final class Extractors {
  private static final long MAX_SCRIPT = 1L << 30;

  private Extractors() {}

  /**
   * Opens a small network ({@code .safetensors} with a configuration), a TorchScript module, or a
   * network that is known by the names of its tensors ({@code .pth}, {@code .safetensors}): FID's
   * Inception-v3, torchvision's Inception-v3, ResNets and VGGs.
   *
   * @param file the extractor's file
   * @param mode layers of a small network, see {@link FeatureMode}; for the others how images are
   *     prepared and which layer is read (docs/extractors.md); empty for the default
   * @param image shape of the images that it will be given
   * @param parent manager on whose device it runs
   * @throws TensorFormatException when the file is none of these
   * @throws dev.fewstep.worker.tensor.UntrustedScriptException when it is code and none is trusted
   * @throws IllegalArgumentException when there is no such mode, naming those there are
   */
  public static FeatureExtractor open(Path file, String mode, ImageShape image, NDManager parent)
      throws IOException {
    if (isScript(file)) {
      return ScriptExtractor.load(file, mode, image, parent);
    }
    if (isConfigured(file)) {
      return SmallConvNetExtractor.load(file, FeatureMode.parse(mode), parent);
    }
    return TensorExtractor.load(file, mode, parent);
  }

  /** Whether a file is a TorchScript archive, by its content. */
  public static boolean isScript(Path file) throws IOException {
    return isZip(file) && ScriptFile.looksLike(file);
  }

  /**
   * Looks a TorchScript archive over and takes its bytes.
   *
   * @throws dev.fewstep.worker.tensor.UntrustedScriptException when none is trusted
   * @throws TensorFormatException when it is larger than 1 GiB, damaged or plainly hostile
   */
  public static byte[] trustedScript(Path file) throws IOException {
    ScriptTrust.require(file);
    if (Files.size(file) > MAX_SCRIPT) {
      throw new TensorFormatException(file, "larger than the " + MAX_SCRIPT + " bytes it may have");
    }
    ScriptFile.read(file);
    return Files.readAllBytes(file);
  }

  /** Shape of the images that an extractor is made for; empty when it resizes or takes any. */
  public static Optional<ImageShape> image(Path file) throws IOException {
    return isConfigured(file)
        ? Optional.of(SmallConvNetExtractor.config(file).image())
        : Optional.empty();
  }

  private static boolean isConfigured(Path file) throws IOException {
    try {
      return !isZip(file)
          && SafetensorsFile.metadata(file).containsKey(SmallConvNetExtractor.METADATA);
    } catch (TensorFormatException e) {
      return false; // A legacy .pth; whoever reads it says what is wrong with anything else.
    }
  }

  private static boolean isZip(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.read() == 'P' && in.read() == 'K';
    }
  }
}
