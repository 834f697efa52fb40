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
import java.util.Map;
import java.util.Set;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The OpenAPI document as it is served, and the form of it that Vert.x validates requests against.
 *
 * <p>Vert.x's validator refuses documents with media types that it cannot read, such as YAML, and
 * paths with text behind a parameter. What it validates therefore leaves such bodies and all
 * responses out, and takes {@code {experimentId}:cancel} for one parameter; the handlers check what
 * is left out.
 */
final class ApiContract {
  /** Where the API is mounted. */
  static final String PREFIX = "/api/v1";

  /** What stands behind an experiment's id to cancel it. */
  static final String CANCEL = ":cancel";

  private static final String RESOURCE = "/openapi/fewstep-v1.yaml";
  private static final Set<String> JSON_BODIES = Set.of("registerInput");

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

  private JsonObject validated() {
    JsonObject document = json.copy();
    JsonObject paths = document.getJsonObject("paths");
    JsonObject reduced = new JsonObject();
    for (Map.Entry<String, Object> path : paths) {
      JsonObject operations = (JsonObject) path.getValue();
      for (String method : operations.fieldNames()) {
        reduce(operations.getJsonObject(method));
      }
      String name = path.getKey();
      if (name.endsWith("}" + CANCEL)) {
        name = name.substring(0, name.length() - CANCEL.length());
        widen(operations.getJsonObject("post"));
      }
      if (reduced.containsKey(name)) {
        reduced.getJsonObject(name).mergeIn(operations);
      } else {
        reduced.put(name, operations);
      }
    }
    document.put("paths", reduced);
    // Vert.x takes absolute addresses only; of this one it uses the path.
    document.put(
        "servers", new JsonArray().add(new JsonObject().put("url", "http://localhost" + PREFIX)));
    document.getJsonObject("components").remove("responses");
    return document;
  }

  private static void reduce(JsonObject operation) {
    operation.put(
        "responses", new JsonObject().put("default", new JsonObject().put("description", "any")));
    if (!JSON_BODIES.contains(operation.getString("operationId"))) {
      operation.remove("requestBody");
    }
  }

  /** Lets the id's parameter carry the verb. */
  private static void widen(JsonObject operation) {
    operation
        .getJsonArray("parameters")
        .set(
            0,
            new JsonObject()
                .put("name", "experimentId")
                .put("in", "path")
                .put("required", true)
                .put(
                    "schema",
                    new JsonObject()
                        .put("type", "string")
                        .put("pattern", "^[a-z0-9-]{1,100}" + CANCEL + "$")));
  }
}
