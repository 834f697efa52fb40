package dev.fewstep.monitoring;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Dashboards as Grafana provisions them, from version 9 on. */
final class GrafanaJson {
  /** The server whose pages panels lead to, unless another is typed into the dashboard. */
  static final String SERVER = "http://127.0.0.1:8080";

  private static final int SCHEMA = 37;
  private static final int COLUMNS = 24;
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final ArrayNode panels = JsonNodeFactory.instance.arrayNode();
  private int x;
  private int y;
  private int height;

  private GrafanaJson() {}

  /** The text of a file. */
  static String text(Dashboard dashboard) {
    try {
      return MAPPER.writeValueAsString(node(dashboard)).replace("\r\n", "\n") + "\n";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ObjectNode node(Dashboard dashboard) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("uid", "fewstep-" + dashboard.id());
    root.put("title", "fewstep / " + dashboard.title());
    root.putArray("tags").add("fewstep");
    root.put("schemaVersion", SCHEMA);
    root.put("editable", true);
    root.put("graphTooltip", 1);
    root.put("refresh", "30s");
    root.putObject("time").put("from", "now-6h").put("to", "now");
    ObjectNode others = root.putArray("links").addObject();
    others.put("type", "dashboards").put("title", "fewstep").put("asDropdown", true);
    others.put("includeVars", false).put("keepTime", true).putArray("tags").add("fewstep");
    annotations(root.putObject("annotations").putArray("list"));
    variables(dashboard, root.putObject("templating").putArray("list"));
    GrafanaJson layout = new GrafanaJson();
    for (Dashboard.Section section : dashboard.sections()) {
      layout.row(section.title());
      section.panels().forEach(layout::panel);
      layout.endRow();
    }
    root.set("panels", layout.panels);
    return root;
  }

  private static void annotations(ArrayNode list) {
    ObjectNode submits = annotation(list, "Submitted experiments", "blue");
    submits.put(
        "expr", "max by (experiment) (fewstep_experiment_submitted_timestamp_seconds) * 1000");
    submits.put("useValueForTime", true);
    submits.put("titleFormat", "submitted").put("textFormat", "{{experiment}}");
    ObjectNode regressions = annotation(list, "Regressions", "red");
    regressions.put(
        "expr", "max by (benchmark) (fewstep_nightly_verdict{verdict=\"regressed\"}) == 1");
    regressions.put("titleFormat", "regressed").put("textFormat", "{{benchmark}}");
  }

  private static ObjectNode annotation(ArrayNode list, String name, String colour) {
    ObjectNode made = list.addObject();
    made.put("name", name).put("enable", true).put("iconColor", colour).put("step", "60s");
    source(made);
    return made;
  }

  private static void variables(Dashboard dashboard, ArrayNode list) {
    list.addObject()
        .put("name", "datasource")
        .put("label", "Prometheus")
        .put("type", "datasource")
        .put("query", "prometheus");
    ObjectNode server = list.addObject();
    server.put("name", "server").put("label", "Server").put("type", "textbox").put("query", SERVER);
    server.putObject("current").put("text", SERVER).put("value", SERVER);
    for (Dashboard.Variable variable : dashboard.variables()) {
      ObjectNode made = list.addObject();
      made.put("name", variable.name()).put("type", "query");
      source(made);
      String query = "label_values(" + variable.metric() + ", " + variable.name() + ")";
      made.put("definition", query);
      made.putObject("query").put("query", query).put("refId", variable.name());
      made.put("refresh", 2).put("sort", 1).put("multi", true);
      made.put("includeAll", true).put("allValue", ".*");
      made.putObject("current").put("text", "All").put("value", "$__all");
    }
  }

  private static void source(ObjectNode node) {
    node.putObject("datasource").put("type", "prometheus").put("uid", "${datasource}");
  }

  private void row(String title) {
    ObjectNode made = begin("row", title, COLUMNS, 1);
    made.put("collapsed", false).putArray("panels");
    endRow();
  }

  private void endRow() {
    x = 0;
    y += height;
    height = 0;
  }

  private ObjectNode begin(String type, String title, int columns, int rows) {
    if (x + columns > COLUMNS) {
      endRow();
    }
    ObjectNode made = panels.addObject();
    made.put("id", panels.size()).put("type", type).put("title", title);
    made.putObject("gridPos").put("x", x).put("y", y).put("w", columns).put("h", rows);
    x += columns;
    height = Math.max(height, rows);
    return made;
  }

  private void panel(Panel panel) {
    ObjectNode made =
        begin(panel.kind().type(), panel.title(), panel.width(), panel.kind().height());
    made.put("description", panel.help());
    source(made);
    ObjectNode defaults = made.putObject("fieldConfig").putObject("defaults");
    defaults.put("unit", panel.unit());
    made.withObject("/fieldConfig").putArray("overrides");
    panel
        .link()
        .ifPresent(
            path ->
                defaults
                    .putArray("links")
                    .addObject()
                    .put("title", "Open in fewstep")
                    .put("url", "${server}" + path)
                    .put("targetBlank", true));
    boolean newest = panel.kind() != Panel.Kind.LINES;
    ArrayNode targets = made.putArray("targets");
    for (Query query : panel.queries()) {
      ObjectNode target = targets.addObject();
      source(target);
      target.put("refId", String.valueOf((char) ('A' + targets.size() - 1)));
      target.put("expr", query.expression()).put("legendFormat", query.legend());
      target.put("instant", newest).put("range", !newest);
      if (panel.kind() == Panel.Kind.TABLE) {
        target.put("format", "table");
      }
    }
  }
}
