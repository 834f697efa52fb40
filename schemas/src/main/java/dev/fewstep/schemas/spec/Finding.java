package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Error;
import com.networknt.schema.path.NodePath;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Something wrong at a place of a tree; becomes a {@link SpecProblem} with the text at hand.
 *
 * @param path where; an unknown field's own place
 * @param message what is wrong
 * @param expected what would have been right
 * @param nearest the valid name that is closest to what was written
 */
record Finding(SpecPath path, String message, List<String> expected, Optional<String> nearest) {
  Finding {
    expected = List.copyOf(expected);
  }

  static Finding of(SpecPath path, String message, String... expected) {
    return new Finding(path, message, List.of(expected), Optional.empty());
  }

  /** With the name nearest to what was written. */
  static Finding unknown(SpecPath path, String message, String written, List<String> names) {
    return new Finding(path, message, names, Nearest.to(written, names));
  }

  SpecProblem in(SpecDocument document) {
    return document.problem(path, message, expected, nearest);
  }

  SpecProblem alone() {
    return SpecProblem.at(path, message, expected, nearest);
  }

  /** With the grid point at which it shows: {@code …, at loss.kernel=rbf, sampling.steps=5}. */
  Finding at(Map<String, JsonNode> chosen) {
    if (chosen.isEmpty()) {
      return this;
    }
    List<String> parts = new ArrayList<>();
    chosen.forEach((axis, value) -> parts.add(axis + "=" + shown(value)));
    String where = String.join(", ", parts);
    return new Finding(path, message + ", at " + where, expected, nearest);
  }

  /**
   * A violation of a schema in our words.
   *
   * @param schema root of the schema's document
   */
  static Finding of(Error error, JsonNode schema) {
    SpecPath path = path(error.getInstanceLocation());
    JsonNode rule = error.getSchemaNode();
    String value = shown(error.getInstanceNode());
    return switch (error.getKeyword()) {
      case "additionalProperties" ->
          unknown(
              path.child(error.getProperty()),
              "unknown field",
              error.getProperty(),
              fields(error, schema));
      case "required" -> of(path, "'" + error.getProperty() + "' is missing");
      case "enum" -> {
        List<String> names = new ArrayList<>();
        rule.forEach(name -> names.add(name.asText()));
        yield unknown(path, value + " is not valid", error.getInstanceNode().asText(), names);
      }
      case "type" -> of(path, value + " has the wrong type", article(rule.asText()));
      default -> of(path, value + " is not valid", bound(error, rule));
    };
  }

  private static String bound(Error error, JsonNode rule) {
    return switch (error.getKeyword()) {
      case "const" -> "'" + rule.asText() + "'";
      case "minimum" -> "at least " + rule.asText();
      case "maximum" -> "at most " + rule.asText();
      case "exclusiveMinimum" -> "more than " + rule.asText();
      case "exclusiveMaximum" -> "less than " + rule.asText();
      case "pattern" -> "text that matches " + rule.asText();
      case "minItems", "minProperties" -> "at least " + rule.asText() + " of them";
      case "maxItems", "maxProperties" -> "at most " + rule.asText() + " of them";
      case "minLength" -> "at least " + rule.asText() + " letters";
      case "maxLength" -> "at most " + rule.asText() + " letters";
      case "uniqueItems" -> "different values";
      default -> "what the schema says: " + error.getMessage();
    };
  }

  /** Fields that the object could have, from the schema beside the violated rule. */
  private static List<String> fields(Error error, JsonNode schema) {
    NodePath fragment = error.getSchemaLocation().getFragment();
    JsonNode node = schema;
    for (int i = 0; i < fragment.getNameCount() - 1; i++) {
      Object element = fragment.getElement(i);
      node = element instanceof Integer index ? node.path(index) : node.path(element.toString());
    }
    List<String> names = new ArrayList<>();
    node.path("properties").fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static SpecPath path(NodePath location) {
    List<String> segments = new ArrayList<>();
    for (int i = 0; i < location.getNameCount(); i++) {
      segments.add(location.getElement(i).toString());
    }
    return new SpecPath(segments);
  }

  /** A value as an error message shows it. */
  static String shown(JsonNode value) {
    if (value.isObject()) {
      return "a group of fields";
    }
    if (value.isArray()) {
      return "a list of " + value.size();
    }
    return Scalars.shorten(value.isTextual() ? "'" + value.asText() + "'" : value.toString());
  }

  private static String article(String type) {
    return switch (type) {
      case "integer" -> "an integer";
      case "number" -> "a number";
      case "boolean" -> "true or false";
      case "string" -> "text (quote it if it looks like a number)";
      case "array" -> "a list";
      case "object" -> "a group of fields";
      default -> type;
    };
  }
}
