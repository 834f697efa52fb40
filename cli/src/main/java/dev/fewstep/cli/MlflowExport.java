package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.care.Progress;
import dev.fewstep.schemas.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Writes an experiment to an MLflow tracking server: one run a trial, its configuration as
 * parameters, scores and curves as metrics. A run that has ended there is left alone, so that
 * exporting again goes on where it was interrupted and with trials that ended since.
 */
final class MlflowExport {
  // The tracking server's own bounds of one batch, and of a value.
  private static final int METRICS = 1000;
  private static final int PARAMS = 100;
  private static final int LONGEST_VALUE = 6000;
  private static final int PAGE = 1000;

  private static final Set<String> ENDED = Set.of("FINISHED", "FAILED", "KILLED");

  private final ApiClient fewstep;
  private final MlflowClient mlflow;
  private final Progress progress;

  MlflowExport(ApiClient fewstep, MlflowClient mlflow, Progress progress) {
    this.fewstep = fewstep;
    this.mlflow = mlflow;
    this.progress = progress;
  }

  /** What was written. */
  record Exported(String experimentId, int written, int there) {}

  private record Run(String id, boolean ended) {}

  Exported export(String id) {
    String path = "/api/v1/experiments/" + ApiClient.encode(id);
    JsonNode experiment = fewstep.get(path);
    int trials = experiment.path("trials").asInt();
    String target = mlflow.experiment(id, described(experiment));
    Map<String, Run> there = there(target);
    int written = 0;
    progress.phase("trials of " + id, trials);
    for (int index = 0; index < trials; index++) {
      String name = id + "/" + index;
      Optional<Run> known = Optional.ofNullable(there.get(name));
      if (known.isEmpty() || !known.get().ended()) {
        JsonNode trial = fewstep.get(path + "/trials/" + index);
        write(target, name, trial, known.map(Run::id));
        written++;
      }
      progress.advance(1, 0);
    }
    return new Exported(target, written, trials - written);
  }

  private ObjectNode described(JsonNode experiment) {
    ObjectNode body = Json.messages().createObjectNode();
    ArrayNode tags = body.putArray("tags");
    tag(tags, "fewstep.server", fewstep.base().toString());
    tag(tags, "fewstep.project", experiment.path("project").asText());
    experiment
        .path("labels")
        .properties()
        .forEach(label -> tag(tags, "fewstep.label." + label.getKey(), label.getValue().asText()));
    return body;
  }

  /** The runs of trials that the tracking server has. */
  private Map<String, Run> there(String target) {
    Map<String, Run> runs = new HashMap<>();
    String page = "";
    do {
      ObjectNode body = Json.messages().createObjectNode().put("max_results", PAGE);
      body.putArray("experiment_ids").add(target);
      if (!page.isEmpty()) {
        body.put("page_token", page);
      }
      JsonNode found = mlflow.post("runs/search", body);
      for (JsonNode run : found.path("runs")) {
        for (JsonNode tag : run.path("data").path("tags")) {
          if (tag.path("key").asText().equals("fewstep.trial")) {
            JsonNode info = run.path("info");
            boolean ended = ENDED.contains(info.path("status").asText());
            runs.put(tag.path("value").asText(), new Run(info.path("run_id").asText(), ended));
          }
        }
      }
      page = found.path("next_page_token").asText("");
    } while (!page.isEmpty());
    return runs;
  }

  private void write(String target, String name, JsonNode trial, Optional<String> known) {
    long begun = time(trial, "startedAt", Math::min).orElseGet(() -> Instant.now().toEpochMilli());
    long ended = time(trial, "finishedAt", Math::max).orElse(begun);
    String run = known.orElseGet(() -> create(target, name, trial, begun));
    log(run, "params", params(trial), PARAMS);
    List<ObjectNode> metrics = new ArrayList<>();
    if (trial.path("nfe").isNumber()) {
      metrics.add(metric("nfe", trial.path("nfe").asDouble(), ended, 0));
    }
    score(metrics, "", trial.path("scores"), ended);
    score(metrics, "baseline/", trial.path("baseline"), ended);
    for (JsonNode task : trial.path("tasks")) {
      if (task.path("role").asText().equals("FINETUNE")) {
        curve(metrics, task.path("key").asText(), ended);
      }
    }
    log(run, "metrics", metrics, METRICS);
    String status = status(trial.path("state").asText());
    ObjectNode end = Json.messages().createObjectNode().put("run_id", run).put("status", status);
    if (ENDED.contains(status)) {
      end.put("end_time", ended);
    }
    var unused = mlflow.post("runs/update", end);
  }

  private String create(String target, String name, JsonNode trial, long begun) {
    ObjectNode body =
        Json.messages()
            .createObjectNode()
            .put("experiment_id", target)
            .put("run_name", trial.path("name").asText())
            .put("start_time", begun);
    ArrayNode tags = body.putArray("tags");
    tag(tags, "fewstep.trial", name);
    tag(tags, "mlflow.source.name", "fewstep");
    trial
        .path("keys")
        .properties()
        .forEach(key -> tag(tags, "fewstep.task." + key.getKey(), key.getValue().asText()));
    return mlflow.post("runs/create", body).path("run").path("info").path("run_id").asText();
  }

  private static String status(String state) {
    return switch (state) {
      case "SUCCEEDED", "CACHED" -> "FINISHED";
      case "FAILED" -> "FAILED";
      case "CANCELLED", "STOPPED" -> "KILLED";
      default -> "RUNNING";
    };
  }

  private static void tag(ArrayNode tags, String key, String value) {
    tags.addObject().put("key", key).put("value", value);
  }

  private static Optional<Long> time(
      JsonNode trial, String field, java.util.function.BinaryOperator<Long> pick) {
    List<Long> times = new ArrayList<>();
    for (JsonNode task : trial.path("tasks")) {
      if (task.has(field)) {
        times.add(Instant.parse(task.path(field).asText()).toEpochMilli());
      }
    }
    return times.stream().reduce(pick);
  }

  /** The whole configuration, each field under its dotted path, as specifications name it. */
  private static List<ObjectNode> params(JsonNode trial) {
    Map<String, String> flat = new TreeMap<>();
    flatten("", trial.path("config"), flat);
    flat.put("seed", trial.path("seed").asText());
    List<ObjectNode> params = new ArrayList<>();
    flat.forEach(
        (key, value) ->
            params.add(
                Json.messages()
                    .createObjectNode()
                    .put("key", key)
                    .put(
                        "value",
                        value.length() > LONGEST_VALUE
                            ? value.substring(0, LONGEST_VALUE)
                            : value)));
    return params;
  }

  private static void flatten(String path, JsonNode node, Map<String, String> flat) {
    if (node.isObject()) {
      node.properties()
          .forEach(
              field ->
                  flatten(
                      path.isEmpty() ? field.getKey() : path + "." + field.getKey(),
                      field.getValue(),
                      flat));
    } else if (!node.isNull()) {
      flat.put(path, node.isValueNode() ? node.asText() : node.toString());
    }
  }

  /** Such as {@code fd/fashion-c}, and {@code baseline/fd/fashion-c}. */
  private static void score(
      List<ObjectNode> metrics, String prefix, JsonNode scores, long timestamp) {
    scores
        .path("metrics")
        .properties()
        .forEach(
            space ->
                space
                    .getValue()
                    .properties()
                    .forEach(
                        one -> {
                          if (one.getValue().isNumber()) {
                            metrics.add(
                                metric(
                                    prefix + one.getKey() + "/" + space.getKey(),
                                    one.getValue().asDouble(),
                                    timestamp,
                                    0));
                          }
                        }));
  }

  private void curve(List<ObjectNode> metrics, String taskKey, long timestamp) {
    for (JsonNode point : fewstep.get("/api/v1/tasks/" + taskKey + "/curve").path("points")) {
      if (point.path("value").isNumber()) {
        metrics.add(
            metric(
                point.path("name").asText(),
                point.path("value").asDouble(),
                timestamp,
                point.path("step").asLong()));
      }
    }
  }

  private static ObjectNode metric(String key, double value, long timestamp, long step) {
    return Json.messages()
        .createObjectNode()
        .put("key", key)
        .put("value", value)
        .put("timestamp", timestamp)
        .put("step", step);
  }

  private void log(String run, String what, List<ObjectNode> all, int atOnce) {
    for (int from = 0; from < all.size(); from += atOnce) {
      ObjectNode body = Json.messages().createObjectNode().put("run_id", run);
      ArrayNode batch = body.putArray(what);
      all.subList(from, Math.min(all.size(), from + atOnce)).forEach(batch::add);
      var unused = mlflow.post("runs/log-batch", body);
    }
  }
}
