package dev.fewstep.cli.local;

import static java.util.Objects.requireNonNull;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import dev.fewstep.cli.CliException;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.features.Extractors;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.tensor.UntrustedScriptException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A feature extractor as it is named on the command line: {@code FILE} or {@code FILE/MODE}.
 *
 * @param file any file that {@link Extractors#open} takes
 * @param mode which layers are its features and how images are prepared; empty for the default
 */
record ExtractorFile(Path file, String mode) {
  ExtractorFile {
    requireNonNull(file, "file");
    requireNonNull(mode, "mode");
  }

  /**
   * Splits the text: what is a file is one, else the last name is a mode.
   *
   * @throws CliException when neither the path nor its parent is a file
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

  /** Shape of the images that it takes, when its file says so. */
  Optional<ImageShape> image() throws IOException {
    return Extractors.image(file);
  }

  /**
   * Loads it.
   *
   * @param manager on whose device it runs
   * @param image shape of the images it is to take
   * @throws CliException when it has no such mode or cannot take such images
   */
  FeatureExtractor load(NDManager manager, ImageShape image) throws IOException {
    try {
      return Extractors.open(file, mode, image, manager);
    } catch (UntrustedScriptException e) {
      throw CliException.usage(e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw CliException.usage(file + ": " + e.getMessage(), e);
    } catch (EngineException e) {
      throw CliException.usage(
          file + ": no TorchScript module that takes " + image + " images in this mode", e);
    }
  }
}
