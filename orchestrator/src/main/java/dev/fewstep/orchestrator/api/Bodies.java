package dev.fewstep.orchestrator.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.spec.ExperimentSpecs;
import dev.fewstep.schemas.spec.Nearest;
import dev.fewstep.schemas.state.Problem;
import io.vertx.core.Future;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads the bodies of requests and refuses what is wrong in them, by field. */
final class Bodies {
  private Bodies() {}

  private static byte[] bytes(RoutingContext context) {
    return context.body().buffer() == null ? new byte[0] : context.body().buffer().getBytes();
  }

  private static String type(RoutingContext context) {
    return Optional.ofNullable(context.request().getHeader("Content-Type"))
        .orElse("")
        .toLowerCase(Locale.ROOT);
  }

  /** Reads a specification, off the event loop. */
  static Future<ExperimentSpec> specification(Replies replies, RoutingContext context) {
    String type = type(context);
    boolean json = type.startsWith("application/json");
    boolean yaml =
        type.startsWith("application/yaml")
            || type.startsWith("application/x-yaml")
            || type.startsWith("text/yaml");
    if (!json && !yaml) {
      return Future.failedFuture(
          ApiException.of(
              415,
              "A specification is sent as application/yaml or application/json, not as '"
                  + type
                  + "'."));
    }
    byte[] bytes = bytes(context);
    return replies.blocking(
        () -> ExperimentSpecs.parse(json ? "body.json" : "body.yaml", new String(bytes, UTF_8)));
  }

  /**
   * Reads a JSON object; an empty body is an empty one.
   *
   * @param fields the fields that it may have
   * @throws ApiException when it is none, or has others
   */
  static ObjectNode object(RoutingContext context, String... fields) {
    byte[] bytes = bytes(context);
    if (bytes.length == 0) {
      return Json.messages().createObjectNode();
    }
    JsonNode body;
    try {
      body = Json.messages().readTree(new String(bytes, UTF_8));
    } catch (JsonProcessingException e) {
      throw ApiException.of(400, "The body is no JSON: " + e.getOriginalMessage() + ".");
    }
    if (!(body instanceof ObjectNode object)) {
      throw ApiException.of(400, "The body must be a JSON object.");
    }
    List<String> allowed = List.of(fields);
    List<Problem> problems = new ArrayList<>();
    object
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!allowed.contains(name)) {
                problems.add(
                    new Problem(
                        name,
                        "unknown field '" + name + "'",
                        Optional.of(
                            allowed.isEmpty()
                                ? "no field"
                                : "one of " + String.join(", ", allowed)),
                        Nearest.to(name, allowed)));
              }
            });
    if (!problems.isEmpty()) {
      throw ApiException.refused(problems.get(0).message() + ".", problems);
    }
    return object;
  }

  /** An integer of a body. */
  static Optional<Integer> integer(ObjectNode body, String field) {
    JsonNode value = body.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw wrong(field, "an integer", value);
    }
    return Optional.of(value.intValue());
  }

  /** A number of a body. */
  static Optional<Double> number(ObjectNode body, String field) {
    JsonNode value = body.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isNumber()) {
      throw wrong(field, "a number", value);
    }
    return Optional.of(value.doubleValue());
  }

  /** A text of a body. */
  static Optional<String> text(ObjectNode body, String field) {
    JsonNode value = body.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw wrong(field, "text", value);
    }
    return Optional.of(value.asText());
  }

  /** A truth of a body; false when it is not there. */
  static boolean truth(ObjectNode body, String field) {
    JsonNode value = body.path(field);
    if (!value.isMissingNode() && !value.isBoolean()) {
      throw wrong(field, "true or false", value);
    }
    return value.asBoolean(false);
  }

  /** The values of an object of a body by name. */
  static Map<String, JsonNode> values(ObjectNode body, String field) {
    JsonNode value = body.path(field);
    if (!value.isMissingNode() && !value.isObject()) {
      throw wrong(field, "an object", value);
    }
    Map<String, JsonNode> values = new LinkedHashMap<>();
    value.properties().forEach(entry -> values.put(entry.getKey(), entry.getValue()));
    return values;
  }

  /** The lists of an object of a body by name. */
  static Map<String, List<JsonNode>> lists(ObjectNode body, String field) {
    Map<String, List<JsonNode>> lists = new LinkedHashMap<>();
    values(body, field)
        .forEach(
            (name, value) -> {
              if (!value.isArray()) {
                throw wrong(field + "." + name, "a list", value);
              }
              List<JsonNode> items = new ArrayList<>();
              value.forEach(items::add);
              lists.put(name, items);
            });
    return lists;
  }

  private static ApiException wrong(String field, String expected, JsonNode value) {
    String shown = value.toString();
    String message =
        field
            + " must be "
            + expected
            + ", not "
            + (shown.length() > 60 ? shown.substring(0, 60) + "…" : shown);
    return ApiException.refused(
        message + ".",
        List.of(new Problem(field, message, Optional.of(expected), Optional.empty())));
  }
}
