package dev.fewstep.cli;

import java.util.Map;

/** What the terminal can show. */
record Terminal(boolean interactive, boolean colour) {

  /**
   * Looks at the environment. The launcher script says by the system property {@code
   * fewstep.terminal} whether standard error is a terminal, since Java cannot. Colour is off when
   * {@code NO_COLOR} is set to anything, and neither a bar nor colour is shown off a terminal.
   */
  static Terminal detect(Map<String, String> environment) {
    boolean interactive =
        Boolean.getBoolean("fewstep.terminal")
            && !"dumb".equals(environment.getOrDefault("TERM", "dumb"));
    String noColour = environment.getOrDefault("NO_COLOR", "");
    return new Terminal(interactive, interactive && noColour.isEmpty());
  }
}
