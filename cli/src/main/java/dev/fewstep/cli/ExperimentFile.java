package dev.fewstep.cli;

import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.spec.ExperimentSpecs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** An experiment's specification in a file of the user's, or on standard input. */
record ExperimentFile(String name, String text, ExperimentSpec experiment) {
  private static final long MAX_BYTES = 1 << 20;

  /**
   * Reads and validates.
   *
   * @throws CliException when it cannot be read or is wrong, naming every problem
   */
  static ExperimentFile read(Path path) {
    try {
      boolean standardInput = path.toString().equals("-");
      if (!standardInput && Files.size(path) > MAX_BYTES) {
        throw CliException.usage(path + " is larger than 1 MiB");
      }
      byte[] bytes =
          standardInput ? System.in.readNBytes((int) MAX_BYTES + 1) : Files.readAllBytes(path);
      String text = new String(bytes, StandardCharsets.UTF_8);
      String name = standardInput ? "<stdin>" : path.toString();
      return new ExperimentFile(name, text, ExperimentSpecs.parse(name, text));
    } catch (IOException e) {
      throw CliException.usage(Problems.sentence(e), e);
    }
  }
}
