package dev.fewstep.cli;

import java.io.Console;
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
    Console console = System.console();
    if (console == null || !main.interactive()) {
      throw CliException.usage(question + " Say --yes to go on: there is nobody to ask.");
    }
    main.err().print(question + " [y/N] ");
    main.err().flush();
    String answer = console.readLine();
    return answer != null && answer.strip().toLowerCase(Locale.ROOT).startsWith("y");
  }
}
