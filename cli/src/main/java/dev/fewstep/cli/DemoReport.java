package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.dashboard.Dashboard;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The self-contained report of an experiment: one HTML file with its table, plots, curves and
 * sheets inside. It shows what the API said and computes no score.
 */
final class DemoReport {
  private static final String UPLOT = "vendor/uplot-1.6.32";

  private final ApiClient client;
  private final String experimentId;
  private final String spec;

  DemoReport(ApiClient client, String experimentId, String spec) {
    this.client = client;
    this.experimentId = experimentId;
    this.spec = spec;
  }

  /** The whole page. */
  String html(List<JsonNode> trials, JsonNode base) {
    Map<String, JsonNode> tasks = new HashMap<>();
    client
        .all("/api/v1/tasks?experiment=" + ApiClient.encode(experimentId))
        .forEach(task -> tasks.put(task.path("key").asText(), task));
    ObjectNode data = Json.messages().createObjectNode();
    data.put("id", experimentId);
    data.put("spec", spec);
    data.set(
        "protocol",
        client
            .get("/api/v1/experiments/" + ApiClient.encode(experimentId) + "/leaderboard")
            .path("protocol"));
    data.set("base", base.path("items"));
    ArrayNode rows = data.putArray("trials");
    for (JsonNode trial : trials) {
      ObjectNode row = trial.deepCopy();
      row.put("name", DemoCommand.name(trial));
      JsonNode finetune = tasks.getOrDefault(key(trial, "finetune"), Json.toTree(Map.of()));
      row.set("losses", losses(finetune));
      row.set("provenance", finetune.path("provenance"));
      row.put("before", image(tasks.get(key(trial, "baseline"))));
      row.put("after", image(tasks.get(key(trial, "evaluate"))));
      rows.add(row);
    }
    return resource("/report.html")
        .replace("/*UPLOT_CSS*/", Dashboard.text(UPLOT + ".css"))
        .replace("/*UPLOT_JS*/", Dashboard.text(UPLOT + ".iife.min.js"))
        .replace("/*DATA*/", Json.toText(data).replace("</", "<\\/"));
  }

  private static String key(JsonNode trial, String role) {
    return trial.path("tasks").path(role).asText("");
  }

  private JsonNode losses(JsonNode finetune) {
    ArrayNode points = Json.messages().createArrayNode();
    if (finetune.has("key")) {
      client
          .get("/api/v1/tasks/" + finetune.path("key").asText() + "/curve")
          .path("points")
          .forEach(
              point -> {
                if (point.path("name").asText().equals("loss")) {
                  points.addArray().add(point.path("step")).add(point.path("value"));
                }
              });
    }
    return points;
  }

  private String image(JsonNode task) {
    if (task != null) {
      for (JsonNode artifact : task.path("artifacts")) {
        if (artifact.path("name").asText().equals("sheet.png")) {
          byte[] png = client.bytes("/api/v1/artifacts/" + artifact.path("sha256").asText());
          return "data:image/png;base64," + Base64.getEncoder().encodeToString(png);
        }
      }
    }
    return "";
  }

  private static String resource(String name) {
    try (InputStream stream = DemoReport.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IllegalStateException("the program's jar lacks " + name);
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
