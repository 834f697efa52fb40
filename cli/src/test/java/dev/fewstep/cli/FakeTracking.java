package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An MLflow tracking server as far as {@link MlflowExport} uses one, with the rules that the real
 * one has: names are unique, parameters do not change, batches are bounded, keys have few
 * characters. Checked against MLflow 3.17 by hand.
 */
final class FakeTracking implements AutoCloseable {
  /** A run. */
  static final class Run {
    final String experiment;
    final String name;
    final Map<String, String> tags = new TreeMap<>();
    final Map<String, String> params = new TreeMap<>();
    final Map<String, List<Double>> metrics = new TreeMap<>();
    String status = "RUNNING";

    Run(String experiment, String name) {
      this.experiment = experiment;
      this.name = name;
    }
  }

  final Map<String, String> experiments = new LinkedHashMap<>();
  final Map<String, Run> runs = new LinkedHashMap<>();
  final List<String> asked = new ArrayList<>();
  private final HttpServer server;

  /** Runs of a page of a search; the real one has up to 50,000. */
  int page = 2;

  /** What a request must say. */
  String authorization = "";

  FakeTracking() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/api/2.0/mlflow/", this::answer);
    server.start();
  }

  String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
  }

  private synchronized void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath().substring("/api/2.0/mlflow/".length());
    asked.add(path);
    byte[] body = exchange.getRequestBody().readAllBytes();
    String said = exchange.getRequestHeaders().getFirst("Authorization");
    int status = 200;
    JsonNode answer;
    try {
      if (!authorization.isEmpty() && !authorization.equals(said)) {
        throw new Refused(401, "PERMISSION_DENIED", "who are you?");
      }
      JsonNode asks =
          body.length == 0 ? Json.messages().createObjectNode() : Json.messages().readTree(body);
      answer = decide(path, exchange.getRequestURI().getRawQuery(), asks);
    } catch (Refused e) {
      status = e.status;
      answer =
          Json.messages()
              .createObjectNode()
              .put("error_code", e.code)
              .put("message", e.getMessage());
    }
    byte[] bytes = answer.toString().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int status;
    private final String code;

    Refused(int status, String code, String message) {
      super(message);
      this.status = status;
      this.code = code;
    }
  }

  private static Refused invalid(String why) {
    return new Refused(400, "INVALID_PARAMETER_VALUE", why);
  }

  private JsonNode decide(String path, String query, JsonNode asks) {
    ObjectNode answer = Json.messages().createObjectNode();
    switch (path) {
      case "experiments/get-by-name" -> {
        String name = URLDecoder.decode(query.split("=", 2)[1], StandardCharsets.UTF_8);
        if (!experiments.containsKey(name)) {
          throw new Refused(404, "RESOURCE_DOES_NOT_EXIST", "no experiment " + name);
        }
        answer.putObject("experiment").put("experiment_id", experiments.get(name));
      }
      case "experiments/create" -> {
        String id = Integer.toString(experiments.size() + 1);
        if (experiments.putIfAbsent(asks.path("name").asText(), id) != null) {
          throw new Refused(400, "RESOURCE_ALREADY_EXISTS", "there is one of that name");
        }
        answer.put("experiment_id", id);
      }
      case "runs/create" -> {
        String id = "run-" + runs.size();
        Run run = new Run(asks.path("experiment_id").asText(), asks.path("run_name").asText());
        asks.path("tags")
            .forEach(tag -> run.tags.put(tag.path("key").asText(), tag.path("value").asText()));
        runs.put(id, run);
        answer.putObject("run").putObject("info").put("run_id", id);
      }
      case "runs/search" -> search(asks, answer);
      case "runs/log-batch" -> log(run(asks), asks);
      case "runs/update" -> run(asks).status = asks.path("status").asText();
      default -> throw new Refused(404, "ENDPOINT_NOT_FOUND", path);
    }
    return answer;
  }

  private Run run(JsonNode asks) {
    Run run = runs.get(asks.path("run_id").asText());
    if (run == null) {
      throw new Refused(404, "RESOURCE_DOES_NOT_EXIST", "no such run");
    }
    return run;
  }

  private void search(JsonNode asks, ObjectNode answer) {
    int from = asks.path("page_token").asInt(0);
    ArrayNode found = answer.putArray("runs");
    List<String> ids = new ArrayList<>(runs.keySet());
    for (String id : ids.subList(from, Math.min(ids.size(), from + page))) {
      Run run = runs.get(id);
      ObjectNode one = found.addObject();
      one.putObject("info").put("run_id", id).put("status", run.status);
      ArrayNode tags = one.putObject("data").putArray("tags");
      run.tags.forEach((key, value) -> tags.addObject().put("key", key).put("value", value));
    }
    if (from + page < ids.size()) {
      answer.put("next_page_token", Integer.toString(from + page));
    }
  }

  private static void log(Run run, JsonNode asks) {
    if (asks.path("metrics").size() > 1000 || asks.path("params").size() > 100) {
      throw invalid("too many at once");
    }
    for (JsonNode param : asks.path("params")) {
      String key = checked(param.path("key").asText());
      String old = run.params.put(key, param.path("value").asText());
      if (old != null && !old.equals(param.path("value").asText())) {
        throw invalid("the parameter " + key + " was " + old);
      }
    }
    for (JsonNode metric : asks.path("metrics")) {
      if (!metric.path("timestamp").isIntegralNumber() || !metric.path("value").isNumber()) {
        throw invalid("a metric is a number at a time");
      }
      run.metrics
          .computeIfAbsent(checked(metric.path("key").asText()), key -> new ArrayList<>())
          .add(metric.path("value").asDouble());
    }
  }

  private static String checked(String key) {
    if (!key.matches("[\\w./ :-]{1,250}")) {
      throw invalid("no key: " + key);
    }
    return key;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
