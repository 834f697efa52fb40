package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The result table of an experiment: one row a trial. */
final class TrialTable {
  private TrialTable() {}

  static List<JsonNode> fetch(ApiClient client, String experimentId) {
    return client.all("/api/v1/experiments/" + ApiClient.encode(experimentId) + "/trials");
  }

  static void print(ApiClient client, String experimentId, Output output) {
    List<JsonNode> trials = fetch(client, experimentId);
    Set<String> axes = new LinkedHashSet<>();
    Set<String> heldOut = new LinkedHashSet<>();
    for (JsonNode trial : trials) {
      trial.path("values").fieldNames().forEachRemaining(axes::add);
      trial.path("scores").path("heldOut").fieldNames().forEachRemaining(heldOut::add);
      trial.path("baseline").path("heldOut").fieldNames().forEachRemaining(heldOut::add);
    }
    List<String> columns = new ArrayList<>(List.of("trial"));
    columns.addAll(axes);
    columns.addAll(List.of("seed", "state"));
    boolean halved = trials.stream().anyMatch(trial -> trial.has("rung"));
    if (halved) {
      columns.addAll(List.of("rung", "iterations", "validation"));
    }
    columns.add("NFE");
    addScoreColumns(columns, "trained");
    heldOut.forEach(space -> addScoreColumns(columns, space));
    columns.add("seconds");
    List<Map<String, String>> rows = new ArrayList<>();
    for (JsonNode trial : trials) {
      Map<String, String> row = new LinkedHashMap<>();
      row.put("trial", trial.path("index").asText());
      axes.forEach(axis -> row.put(axis, trial.path("values").path(axis).asText("")));
      row.put("seed", trial.path("seed").asText());
      row.put("state", trial.path("state").asText());
      if (halved) {
        JsonNode rung = trial.path("rung");
        row.put("rung", rung.path("rung").asText("-"));
        row.put("iterations", rung.path("iterations").asText("-"));
        row.put("validation", number(rung.path("validation")));
      }
      row.put("NFE", trial.path("nfe").asText("-"));
      putScores(
          row,
          "trained",
          trial.path("scores").path("trained"),
          trial.path("baseline").path("trained"));
      for (String space : heldOut) {
        putScores(
            row,
            space,
            trial.path("scores").path("heldOut").path(space),
            trial.path("baseline").path("heldOut").path(space));
      }
      row.put("seconds", seconds(trial.path("seconds")));
      rows.add(row);
    }
    output.rows(columns, rows, Json.toTree(trials));
  }

  private static void addScoreColumns(List<String> columns, String space) {
    columns.addAll(List.of("FD " + space, "base " + space, "ratio " + space));
  }

  private static void putScores(
      Map<String, String> row, String space, JsonNode score, JsonNode baseline) {
    row.put("FD " + space, number(score));
    row.put("base " + space, number(baseline));
    row.put("ratio " + space, ratio(score, baseline));
  }

  /** Four significant digits, or a dash when there is no number. */
  static String number(JsonNode value) {
    return value.isNumber() ? "%.4g".formatted(value.asDouble()) : "-";
  }

  static String ratio(JsonNode score, JsonNode baseline) {
    return score.isNumber() && baseline.isNumber() && baseline.asDouble() != 0
        ? String.format(Locale.ROOT, "%.2f", score.asDouble() / baseline.asDouble())
        : "-";
  }

  static String seconds(JsonNode value) {
    return value.isNumber() ? String.format(Locale.ROOT, "%.0f", value.asDouble()) : "-";
  }
}
