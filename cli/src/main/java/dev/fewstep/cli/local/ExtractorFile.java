package dev.fewstep.cli.local;

import static java.util.Objects.requireNonNull;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import dev.fewstep.cli.CliException;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.features.FeatureMode;
import dev.fewstep.worker.features.SmallConvNetExtractor;
import dev.fewstep.worker.features.TorchScriptExtractor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * A feature extractor as it is named on the command line: {@code FILE} or {@code FILE/MODE}.
 *
 * @param file fewstep's {@code .safetensors}, or a TorchScript archive ({@code .pt}), which is code
 * @param mode which layers are its features; empty for the penultimate one
 */
record ExtractorFile(Path file, String mode) {
  ExtractorFile {
    requireNonNull(file, "file");
    requireNonNull(mode, "mode");
  }

  /**
   * Splits the text: what is a file is one, else the last name is a mode.
   *
   * @throws CliException when neither the path nor its parent is a file, or the mode is unknown
   */
  static ExtractorFile parse(Path text) {
    if (Files.isRegularFile(text)) {
      return new ExtractorFile(text, "");
    }
    Path parent = text.getParent();
    if (parent == null || !Files.isRegularFile(parent)) {
      throw CliException.usage("no extractor file " + text + " (expected FILE or FILE/MODE)");
    }
    return new ExtractorFile(parent, text.getFileName().toString());
  }

  private boolean torchScript() {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return name.endsWith(".pt") || name.endsWith(".ts");
  }

  /** Shape of the images that it takes, when its file says so. */
  Optional<ImageShape> image() throws IOException {
    return torchScript()
        ? Optional.empty()
        : Optional.of(SmallConvNetExtractor.config(file).image());
  }

  /**
   * Loads it.
   *
   * @param manager on whose device it runs
   * @param image shape of the images it is to take
   */
  FeatureExtractor load(NDManager manager, ImageShape image) throws IOException {
    if (!torchScript()) {
      return SmallConvNetExtractor.load(file, FeatureMode.parse(mode), manager);
    }
    if (!mode.isEmpty()) {
      throw CliException.usage(
          "a TorchScript extractor has no modes: name %s without '/%s'".formatted(file, mode));
    }
    try {
      return TorchScriptExtractor.load(file, image, manager);
    } catch (EngineException e) {
      throw CliException.usage(file + ": no TorchScript module that takes " + image + " images", e);
    }
  }
}
