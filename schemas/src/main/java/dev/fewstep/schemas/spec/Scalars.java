package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** What an unquoted scalar means, and which ones mean different things to different readers. */
final class Scalars {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final Pattern NUMBER =
      Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?");
  private static final int LONGEST_NUMBER = 400;
  private static final Pattern INTEGER = Pattern.compile("-?(0|[1-9][0-9]*)");
  private static final Pattern ODD_NUMBER =
      Pattern.compile(
          "[-+]?(0[0-9_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+"
              + "|[0-9][0-9_]*(:[0-5]?[0-9])+(\\.[0-9_]*)?"
              + "|[0-9][0-9_]*\\.?[0-9_]*([eE][-+]?[0-9]+)?"
              + "|\\.[0-9][0-9_]*([eE][-+]?[0-9]+)?|\\.(inf|Inf|INF))|\\.(nan|NaN|NAN)");
  private static final Set<String> OLD_BOOLEANS =
      Set.of("y", "n", "yes", "no", "on", "off", "true", "false");
  private static final Set<String> OLD_NULLS = Set.of("~", "null");

  private Scalars() {}

  /** The number that a JSON literal means; empty when no long or finite double holds it. */
  static Optional<JsonNode> number(String text) {
    if (INTEGER.matcher(text).matches()) {
      try {
        long value = Long.parseLong(text);
        // As Jackson reads it, so that equal specifications are equal trees.
        return Optional.of(
            value == (int) value ? NODES.numberNode((int) value) : NODES.numberNode(value));
      } catch (NumberFormatException e) {
        return Optional.empty();
      }
    }
    double value = Double.parseDouble(text);
    return Double.isFinite(value) ? Optional.of(NODES.numberNode(value)) : Optional.empty();
  }

  /** The value of an unquoted scalar; empty when it is ambiguous, which {@link #why} explains. */
  static Optional<JsonNode> plain(String text) {
    if ("true".equals(text) || "false".equals(text)) {
      return Optional.of(NODES.booleanNode("true".equals(text)));
    }
    if ("null".equals(text)) {
      return Optional.of(NODES.nullNode());
    }
    if (NUMBER.matcher(text).matches()) {
      return number(text);
    }
    return why(text).isEmpty() ? Optional.of(NODES.textNode(text)) : Optional.empty();
  }

  /** Why an unquoted scalar is ambiguous; empty when it is not. */
  static Optional<Ambiguity> why(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    if (text.isEmpty()) {
      return Optional.of(new Ambiguity("no value is given", "a value, or the field left out"));
    }
    if (OLD_BOOLEANS.contains(lower)) {
      return Optional.of(
          new Ambiguity(
              "unquoted '" + text + "' is a boolean to some readers of YAML and text to others",
              "true, false, or quoted text"));
    }
    if (OLD_NULLS.contains(lower)) {
      return Optional.of(
          new Ambiguity("'" + text + "' stands for null", "a value, or the field left out"));
    }
    if (NUMBER.matcher(text).matches()) {
      return Optional.of(
          new Ambiguity("'" + text + "' is too large", "a 64-bit integer or a finite number"));
    }
    if (text.length() <= LONGEST_NUMBER && ODD_NUMBER.matcher(text).matches()) {
      return Optional.of(
          new Ambiguity(
              "unquoted '" + text + "' is different numbers to different readers of YAML",
              "a decimal number such as 8 or 1.5e-4, or quoted text"));
    }
    return Optional.empty();
  }

  /** Whether an unquoted key is ambiguous; numbers are not, keys are text. */
  static Optional<Ambiguity> whyKey(String text) {
    boolean literal = "true".equals(text) || "false".equals(text);
    return literal || NUMBER.matcher(text).matches() ? Optional.empty() : why(text);
  }

  static SpecProblem duplicate(
      String file, SpecPath path, SpecDocument.Position second, SpecDocument.Position first) {
    return new SpecProblem(
        file,
        second.line(),
        second.column(),
        path.toString(),
        "given twice, first in line " + first.line(),
        List.of(),
        Optional.empty());
  }

  static SpecProblem unrepresentable(
      String file, SpecPath path, SpecDocument.Position position, String text) {
    return new SpecProblem(
        file,
        position.line(),
        position.column(),
        path.toString(),
        "'" + shorten(text) + "' is too large",
        List.of("a 64-bit integer or a finite number"),
        Optional.empty());
  }

  /** At most 60 characters of a text, for messages. */
  static String shorten(String text) {
    return text.length() <= 60 ? text : text.substring(0, 57) + "...";
  }

  /** What is ambiguous, and what would be clear. */
  record Ambiguity(String message, String expected) {}
}
