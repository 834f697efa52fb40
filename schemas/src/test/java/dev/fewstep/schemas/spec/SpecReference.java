package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Renders the field reference, {@code docs/spec.md}, from the published schema. */
final class SpecReference {
  private static final JsonNode SCHEMA = SpecSchema.tree();

  private final StringBuilder out = new StringBuilder();
  private final Set<String> done = new LinkedHashSet<>();

  static String render() {
    SpecReference reference = new SpecReference();
    reference.out.append(
        """
        # The experiment's specification

        An experiment is one YAML 1.2 or JSON file. This page is made from the schema,
        `schemas/src/main/resources/schema/v1/experiment.schema.json`; a test keeps the two equal. Give the
        schema to your editor and it completes and checks as you type. Worked examples are in
        [examples](examples); every one of them is checked by the same test.

        Ambiguous YAML is refused: duplicate keys, anchors and aliases, tags, tabs, several documents, empty values,
        and unquoted `yes`, `no`, `on`, `off`, `y`, `n`, `~`, `010`, `0o10`, `0x10`, `1_000`, `1:30`, `.5`, `5.`, `.inf`.
        A file is at most 1 MiB and 32 levels deep. A grid makes at most 1,000,000 trials.

        """);
    reference.group("(top)", SCHEMA);
    reference.axes();
    return reference.out.toString();
  }

  private void group(String path, JsonNode schema) {
    out.append("## ").append("(top)".equals(path) ? "Top" : "`" + path + "`").append("\n\n");
    out.append(schema.get("description").asText()).append("\n\n");
    out.append("| field | type | default | meaning |\n|---|---|---|---|\n");
    List<String> required = new ArrayList<>();
    schema.path("required").forEach(name -> required.add(name.asText()));
    List<Map.Entry<String, JsonNode>> groups = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : schema.get("properties").properties()) {
      JsonNode target = target(field.getValue());
      boolean group = field.getValue().has("$ref");
      String fallback =
          required.contains(field.getKey())
              ? "**required**"
              : field.getValue().has("default") && !group
                  ? "`" + field.getValue().get("default") + "`"
                  : "";
      out.append("| `").append(field.getKey()).append("` | ");
      out.append(group ? "group, below" : type(target)).append(" | ").append(fallback);
      out.append(" | ").append(target.get("description").asText()).append(example(target));
      out.append(" |\n");
      if (group) {
        groups.add(Map.entry(field.getKey(), target));
      }
      JsonNode named = target.path("additionalProperties");
      if (named.has("$ref")) {
        groups.add(Map.entry(field.getKey() + ".<path>", target(named)));
      }
    }
    out.append('\n');
    for (Map.Entry<String, JsonNode> field : groups) {
      String child = "(top)".equals(path) ? field.getKey() : path + "." + field.getKey();
      if (done.add(child)) {
        group(child, field.getValue());
      }
    }
  }

  private void axes() {
    out.append("## Axes\n\n");
    out.append("Every field and group of `spec.base` may be an axis of `spec.grid`:\n\n");
    SpecSchema.basePaths().keySet().forEach(path -> out.append("- `").append(path).append("`\n"));
  }

  private static JsonNode target(JsonNode field) {
    return field.has("$ref") ? SCHEMA.at(field.get("$ref").asText().substring(1)) : field;
  }

  private static String type(JsonNode field) {
    if (field.has("const")) {
      return "`" + field.get("const").asText() + "`";
    }
    if (field.has("enum")) {
      List<String> names = new ArrayList<>();
      field.get("enum").forEach(name -> names.add("`" + name.asText() + "`"));
      return String.join(", ", names);
    }
    String type =
        switch (field.get("type").asText()) {
          case "array" -> "list of " + field.path("items").path("type").asText("values") + "s";
          case "object" -> "map";
          case "string" -> "text";
          default -> field.get("type").asText();
        };
    return type.replace("strings", "texts").replace("objects", "maps") + range(field);
  }

  private static String range(JsonNode field) {
    String low = bound(field, "minimum", "≥ ") + bound(field, "exclusiveMinimum", "> ");
    String high = bound(field, "maximum", "≤ ") + bound(field, "exclusiveMaximum", "< ");
    return low + (low.isEmpty() || high.isEmpty() ? "" : ",") + high;
  }

  private static String bound(JsonNode field, String keyword, String sign) {
    boolean telling =
        field.has(keyword) && Math.abs(field.get(keyword).asDouble()) < Integer.MAX_VALUE;
    return telling ? " " + sign + field.get(keyword) : "";
  }

  private static String example(JsonNode field) {
    JsonNode examples = field.path("examples");
    return examples.isEmpty() ? "" : " Example: `" + examples.get(0) + "`.";
  }
}
