package dev.fewstep.orchestrator.api;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.openapi.contract.OpenAPIContract;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The OpenAPI document as it is served, and the form of it that Vert.x validates requests against.
 *
 * <p>Vert.x's validator refuses documents with media types that it cannot read, such as YAML, and
 * paths with text behind a parameter. What it validates therefore leaves such bodies and all
 * responses out, and folds {@code {experimentId}:cancel}, {@code {experimentId}:pause} and so on
 * into one operation whose parameter carries the verb; the handlers check what is left out.
 */
final class ApiContract {
  /** Where the API is mounted. */
  static final String PREFIX = "/api/v1";

  private static final String RESOURCE = "/openapi/fewstep-v1.yaml";
  private static final Set<String> JSON_BODIES = Set.of("registerInput");
  private static final Pattern VERB = Pattern.compile("(.*\\{(\\w+)})(:[a-z]+)");

  private final String yaml;
  private final JsonObject json;

  /** Reads the document, which is part of the program. */
  ApiContract() {
    try (InputStream in = ApiContract.class.getResourceAsStream(RESOURCE)) {
      yaml = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("the contract is part of the program: " + RESOURCE, e);
    }
    Object tree = new Load(LoadSettings.builder().build()).loadFromString(yaml);
    json = new JsonObject(Json.encode(tree));
  }

  /** The document in YAML. */
  String yaml() {
    return yaml;
  }

  /** The document in JSON. */
  String json() {
    return json.encode();
  }

  /** What requests are validated against. */
  Future<OpenAPIContract> load(Vertx vertx) {
    return OpenAPIContract.from(vertx, validated());
  }

  /**
   * A verb behind the last parameter of a path.
   *
   * @param folded id of the operation that it is validated in
   * @param parameter name of the path's parameter
   * @param text the verb with its colon
   */
  record Verb(String folded, String parameter, String text) {}

  /** The operations that are verbs, by id. */
  Map<String, Verb> verbs() {
    Map<String, Verb> verbs = new LinkedHashMap<>();
    for (Map.Entry<String, Object> path : json.getJsonObject("paths")) {
      Matcher matcher = VERB.matcher(path.getKey());
      if (matcher.matches()) {
        verbs.put(
            ((JsonObject) path.getValue()).getJsonObject("post").getString("operationId"),
            new Verb("verbs of " + matcher.group(1), matcher.group(2), matcher.group(3)));
      }
    }
    return verbs;
  }

  private JsonObject validated() {
    JsonObject document = json.copy();
    JsonObject reduced = new JsonObject();
    Map<String, List<JsonObject>> folded = new LinkedHashMap<>();
    for (Map.Entry<String, Object> path : document.getJsonObject("paths")) {
      JsonObject operations = (JsonObject) path.getValue();
      for (String method : operations.fieldNames()) {
        reduce(operations.getJsonObject(method));
      }
      Matcher matcher = VERB.matcher(path.getKey());
      if (matcher.matches()) {
        folded
            .computeIfAbsent(matcher.group(1), name -> new ArrayList<>())
            .add(operations.getJsonObject("post"));
      } else {
        reduced.put(path.getKey(), operations);
      }
    }
    folded.forEach((path, operations) -> fold(document, reduced, path, operations));
    document.put("paths", reduced);
    // Vert.x takes absolute addresses only; of this one it uses the path.
    document.put(
        "servers", new JsonArray().add(new JsonObject().put("url", "http://localhost" + PREFIX)));
    document.getJsonObject("components").remove("responses");
    // Who may do what is asked by AccessGate.
    document.remove("security");
    document.getJsonObject("components").remove("securitySchemes");
    return document;
  }

  /** Makes one operation of all verbs behind a path, with every parameter of any of them. */
  private void fold(
      JsonObject document, JsonObject paths, String path, List<JsonObject> operations) {
    Map<String, JsonObject> parameters = new LinkedHashMap<>();
    for (JsonObject operation : operations) {
      for (Object parameter : operation.getJsonArray("parameters")) {
        JsonObject known = resolved(document, (JsonObject) parameter);
        parameters.put(known.getString("in") + " " + known.getString("name"), known.copy());
      }
    }
    List<String> texts = new ArrayList<>();
    String last = "";
    for (Verb verb : verbs().values()) {
      if (verb.folded().equals("verbs of " + path)) {
        texts.add(verb.text().substring(1));
        last = verb.parameter();
      }
    }
    JsonObject schema = parameters.get("path " + last).getJsonObject("schema");
    String pattern = schema.getString("pattern", "^[^:]*$");
    schema.put(
        "pattern",
        pattern.substring(0, pattern.length() - 1) + ":(" + String.join("|", texts) + ")$");
    JsonObject operation =
        new JsonObject()
            .put("operationId", "verbs of " + path)
            .put("parameters", new JsonArray(new ArrayList<>(parameters.values())));
    reduce(operation);
    JsonObject target = paths.getJsonObject(path, new JsonObject()).put("post", operation);
    paths.put(path, target);
  }

  private static JsonObject resolved(JsonObject document, JsonObject parameter) {
    String reference = parameter.getString("$ref");
    return reference == null
        ? parameter
        : document
            .getJsonObject("components")
            .getJsonObject("parameters")
            .getJsonObject(reference.substring(reference.lastIndexOf('/') + 1));
  }

  private static void reduce(JsonObject operation) {
    operation.put(
        "responses", new JsonObject().put("default", new JsonObject().put("description", "any")));
    if (!JSON_BODIES.contains(operation.getString("operationId"))) {
      operation.remove("requestBody");
    }
  }
}
