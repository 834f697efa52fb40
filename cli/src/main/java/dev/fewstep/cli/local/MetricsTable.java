package dev.fewstep.cli.local;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import dev.fewstep.worker.evaluation.SpaceScoring;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Scores as rows for people and as one object for programs. */
final class MetricsTable {
  private static final String SPREAD = "spread";

  private final MetricsSide real;
  private final MetricsSide generated;
  private final String space;
  private final SpaceScoring.Result result;

  MetricsTable(MetricsSide real, MetricsSide generated, String space, SpaceScoring.Result result) {
    this.real = real;
    this.generated = generated;
    this.space = space;
    this.result = result;
  }

  List<String> columns() {
    List<String> columns = new ArrayList<>(List.of("metric", "value"));
    if (result.scores().stream().anyMatch(score -> !spread(score).isEmpty())) {
      columns.add(SPREAD);
    }
    columns.addAll(List.of("protocol", "real", "generated"));
    return columns;
  }

  List<Map<String, String>> rows() {
    List<Map<String, String>> rows = new ArrayList<>();
    for (SpaceScoring.Score score : result.scores()) {
      Map<String, String> row = new LinkedHashMap<>();
      String name = score.name();
      row.put("metric", name.length() <= 3 ? name.toUpperCase(Locale.ROOT) : name);
      row.put("value", digits(score.value()));
      row.put(SPREAD, spread(score));
      row.put("protocol", score.protocol().name());
      row.put("real", real.count() == 0 ? "unknown" : Long.toString(real.count()));
      row.put("generated", Long.toString(generated.count()));
      rows.add(row);
    }
    return rows;
  }

  private static String spread(SpaceScoring.Score score) {
    if (score.interval().isPresent()) {
      return digits(score.interval().get().low()) + " to " + digits(score.interval().get().high());
    }
    return score.deviation().isPresent() ? "± " + digits(score.deviation().getAsDouble()) : "";
  }

  private static String digits(double value) {
    return String.format(Locale.ROOT, "%.6g", value);
  }

  ObjectNode whole() {
    ObjectNode whole = Json.messages().createObjectNode();
    side(whole, "real", real);
    side(whole, "generated", generated);
    whole.put("space", space).put("dimensions", real.dimensions());
    ObjectNode values = whole.putObject("scores");
    for (SpaceScoring.Score score : result.scores()) {
      ObjectNode one =
          values
              .putObject(score.name())
              .put("value", score.value())
              .put("protocol", score.protocol().name());
      score.deviation().ifPresent(deviation -> one.put("deviation", deviation));
      score.interval().ifPresent(interval -> one.set("interval", Json.toTree(interval)));
    }
    ArrayNode warnings = whole.putArray("warnings");
    result.warnings().forEach(warnings::add);
    return whole;
  }

  private static void side(ObjectNode whole, String name, MetricsSide side) {
    ObjectNode node = whole.putObject(name).put("path", side.path().toString());
    if (side.count() > 0) {
      node.put("count", side.count());
    }
  }
}
