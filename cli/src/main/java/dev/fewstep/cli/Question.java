package dev.fewstep.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Asks a person before something is changed that cannot be taken back. */
final class Question {
  private Question() {}

  /**
   * Whether to go on.
   *
   * @param yes whether that was said on the command line
   * @throws CliException when nobody can be asked and nothing was said
   */
  static boolean confirmed(Main main, boolean yes, String question) {
    if (yes) {
      return true;
    }
    if (!main.interactive()) {
      throw CliException.usage(question + " Say --yes to go on: there is nobody to ask.");
    }
    main.err().print(question + " [y/N] ");
    main.err().flush();
    try {
      String answer =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
      return answer != null && answer.strip().toLowerCase(Locale.ROOT).startsWith("y");
    } catch (IOException e) {
      throw CliException.failed("the answer cannot be read", e);
    }
  }
}
