package dev.fewstep.cli.published;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Writes a small YAML text: comments, nested fields, and nothing that needs escaping unquoted. */
final class SpecText {
  private static final int WIDTH = 110;
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z][A-Za-z0-9-]*(/[A-Za-z0-9.-]+)?");
  private static final Set<String> ODD =
      Set.of("y", "n", "yes", "no", "on", "off", "true", "false", "null");

  private final StringBuilder text = new StringBuilder();
  private int depth;

  /** A comment, broken at spaces; its further lines are indented. */
  SpecText comment(String words) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : words.split(" ")) {
      if (line.length() > 0 && line.length() + word.length() + 1 > WIDTH - 2 * depth) {
        lines.add(line.toString());
        line = new StringBuilder("  ");
      } else if (line.length() > 0) {
        line.append(' ');
      }
      line.append(word);
    }
    lines.add(line.toString());
    lines.forEach(one -> indent().append("# ").append(one).append('\n'));
    return this;
  }

  /** Begins a group of fields. */
  SpecText open(String name) {
    indent().append(name).append(":\n");
    depth++;
    return this;
  }

  /** Ends the group. */
  SpecText close() {
    depth--;
    return this;
  }

  /**
   * A field. Text is quoted unless it is a plain name; numbers are written as a reader sees them.
   */
  SpecText field(String name, Object value) {
    indent().append(name).append(": ").append(scalar(value)).append('\n');
    return this;
  }

  /** A map of texts on lines of their own. */
  SpecText texts(String name, Map<String, String> values) {
    open(name);
    values.forEach(this::field);
    return close();
  }

  private StringBuilder indent() {
    return text.append("  ".repeat(depth));
  }

  static String scalar(Object value) {
    if (value instanceof List<?> list) {
      return "[" + String.join(", ", list.stream().map(SpecText::scalar).toList()) + "]";
    }
    if (value instanceof Double number) {
      return number(number);
    }
    if (value instanceof String string
        && (!PLAIN.matcher(string).matches() || ODD.contains(string.toLowerCase(Locale.ROOT)))) {
      return '"' + string.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
    return String.valueOf(value);
  }

  /** 0.000005 as 5.0e-6, which every YAML 1.2 reader reads as a number. */
  private static String number(double value) {
    if (value == 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e7)) {
      return String.valueOf(value);
    }
    return String.valueOf(value).toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
