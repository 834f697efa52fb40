package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The published JSON Schema of the experiment, and validation that explains itself. */
public final class SpecSchema {
  private static final String RESOURCE = "/schema/v1/experiment.schema.json";
  private static final JsonNode TREE = load(RESOURCE);
  private static final Schema EXPERIMENT = compile(TREE);
  private static final Schema BASE = compile(definition("BaseSpec"));
  private static final Map<String, JsonNode> BASE_PATHS = paths();

  private SpecSchema() {}

  /** The schema as a tree, for serving it and for generating documentation; a copy. */
  public static JsonNode tree() {
    return TREE.deepCopy();
  }

  /**
   * Every dotted path of a field, or group of fields, of {@code base}, in the schema's order, with
   * the schema of its value.
   */
  public static Map<String, JsonNode> basePaths() {
    return BASE_PATHS;
  }

  /** What is wrong with a whole experiment, in the words of the schema. */
  static List<SpecProblem> problems(SpecDocument document) {
    List<SpecProblem> problems = new ArrayList<>();
    for (Error error : EXPERIMENT.validate(document.tree())) {
      Finding finding = Finding.of(error, TREE);
      problems.add(finding.in(document));
    }
    return problems;
  }

  /** What is wrong with a tree in the place of {@code base}; paths are relative to it. */
  static List<Finding> baseFindings(JsonNode base) {
    return BASE.validate(base).stream().map(error -> Finding.of(error, TREE)).toList();
  }

  private static JsonNode load(String resource) {
    try (InputStream in = SpecSchema.class.getResourceAsStream(resource)) {
      return Json.specs().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException("the schema is part of the program: " + resource, e);
    }
  }

  private static Schema compile(JsonNode tree) {
    return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(tree);
  }

  private static JsonNode definition(String name) {
    ObjectNode node = Json.specs().createObjectNode();
    node.set("$schema", TREE.get("$schema"));
    node.put("$ref", "#/$defs/" + name);
    node.set("$defs", TREE.get("$defs"));
    return node;
  }

  private static Map<String, JsonNode> paths() {
    Map<String, JsonNode> paths = new LinkedHashMap<>();
    collect("", TREE.at("/$defs/BaseSpec"), paths);
    return Collections.unmodifiableMap(paths);
  }

  private static void collect(String prefix, JsonNode schema, Map<String, JsonNode> paths) {
    for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
      String path = prefix.isEmpty() ? field.getKey() : prefix + "." + field.getKey();
      JsonNode target = resolve(field.getValue());
      paths.put(path, target);
      collect(path, target, paths);
    }
  }

  private static JsonNode resolve(JsonNode schema) {
    return schema.has("$ref") ? TREE.at(schema.get("$ref").asText().substring(1)) : schema;
  }
}
