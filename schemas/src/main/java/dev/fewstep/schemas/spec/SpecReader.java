package dev.fewstep.schemas.spec;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Reads YAML 1.2 (JSON schema core) or JSON into a tree that remembers its places. Text that two
 * readers could understand differently is refused: duplicate keys, {@code no} and {@code 010}
 * unquoted, anchors, tags, tabs, several documents.
 */
public final class SpecReader {
  /** Longest text in UTF-8 bytes: 1 MiB. */
  public static final int MAX_BYTES = 1 << 20;

  /** Deepest nesting of maps and lists. */
  public static final int MAX_DEPTH = 32;

  private SpecReader() {}

  /**
   * Reads a text. What ends in {@code .json} must be JSON; else a text that begins with a brace and
   * is JSON is read as JSON, all other text as YAML.
   *
   * @param file its name, for messages and the ending
   * @throws SpecException when there is no tree at all: too long, too deep, no YAML, several
   *     documents. What is merely ambiguous is in {@link SpecDocument#problems()}
   */
  public static SpecDocument read(String file, String text) {
    int bytes =
        text.length() > MAX_BYTES ? text.length() : text.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_BYTES) {
      throw refusal(file, 0, 0, "longer than a specification may be", "at most 1 MiB");
    }
    boolean named = file.toLowerCase(Locale.ROOT).endsWith(".json");
    if (named || text.stripLeading().startsWith("{")) {
      try {
        return JsonText.read(file, text);
      } catch (SpecException e) {
        if (named || !JsonText.isSyntax(e)) {
          throw e;
        }
      }
    }
    List<SpecProblem> tabs = tabs(file, text);
    if (!tabs.isEmpty()) {
      throw new SpecException(tabs);
    }
    return new YamlText(file).read(text);
  }

  static SpecException refusal(
      String file, int line, int column, String message, String... expected) {
    return new SpecException(
        List.of(
            new SpecProblem(file, line, column, "", message, List.of(expected), Optional.empty())));
  }

  private static List<SpecProblem> tabs(String file, String text) {
    List<SpecProblem> problems = new ArrayList<>();
    int line = 0;
    for (String content : text.split("\r\n|\r|\n", -1)) {
      line++;
      int tab = content.indexOf('\t');
      if (tab >= 0 && content.substring(0, tab).isBlank() && problems.size() < 10) {
        problems.add(
            new SpecProblem(
                file, line, tab + 1, "", "a tab indents", List.of("spaces"), Optional.empty()));
      }
    }
    return problems;
  }
}
