package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.util.regex.Pattern;

/**
 * Writes a specification as the YAML that {@link SpecReader} reads: maps and lists of groups in
 * blocks, lists of plain values in one line, every text quoted that could be read as anything else.
 */
public final class SpecText {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z][A-Za-z0-9_./+-]*");
  private static final String INDENT = "  ";

  private SpecText() {}

  /** The YAML of a specification. */
  public static String yaml(ExperimentSpec spec) {
    return yaml(Json.toTree(spec));
  }

  /** The YAML of a map. */
  public static String yaml(JsonNode tree) {
    StringBuilder text = new StringBuilder();
    fields(text, tree, "");
    return text.toString();
  }

  private static void fields(StringBuilder text, JsonNode map, String indent) {
    map.properties()
        .forEach(
            field -> {
              text.append(indent).append(scalar(field.getKey())).append(':');
              value(text, field.getValue(), indent);
            });
  }

  private static void value(StringBuilder text, JsonNode value, String indent) {
    if (value.isObject() && !value.isEmpty()) {
      text.append('\n');
      fields(text, value, indent + INDENT);
    } else if (value.isArray() && hasGroups(value)) {
      text.append('\n');
      for (JsonNode item : value) {
        text.append(indent).append(INDENT).append("- ").append(inline(item)).append('\n');
      }
    } else {
      text.append(' ').append(inline(value)).append('\n');
    }
  }

  private static boolean hasGroups(JsonNode list) {
    for (JsonNode item : list) {
      if (item.isContainerNode()) {
        return true;
      }
    }
    return false;
  }

  private static String inline(JsonNode value) {
    StringBuilder text = new StringBuilder();
    if (value.isObject()) {
      text.append('{');
      value
          .properties()
          .forEach(
              field ->
                  text.append(text.length() > 1 ? ", " : "")
                      .append(scalar(field.getKey()))
                      .append(": ")
                      .append(inline(field.getValue())));
      return text.append('}').toString();
    }
    if (value.isArray()) {
      text.append('[');
      value.forEach(item -> text.append(text.length() > 1 ? ", " : "").append(inline(item)));
      return text.append(']').toString();
    }
    return value.isTextual() ? scalar(value.asText()) : value.toString();
  }

  private static String scalar(String text) {
    return PLAIN.matcher(text).matches() && isText(text) ? text : Json.toText(text);
  }

  private static boolean isText(String plain) {
    SpecDocument read = SpecReader.read("value", "v: " + plain + "\n");
    return read.problems().isEmpty() && read.tree().path("v").isTextual();
  }
}
