package dev.fewstep.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The dashboards as Grafana gets them; MonitoringTest runs their queries. */
class DashboardsTest {
  private static final Path FOLDER = Repository.GRAFANA.resolve("dashboards");
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{?([a-z]\\w*)");

  /** Of those that Grafana has. */
  private static final Set<String> UNITS =
      Set.of(
          "none",
          "s",
          "ms",
          "ops",
          "reqps",
          "bytes",
          "Bps",
          "percent",
          "percentunit",
          "watt",
          "celsius",
          "dateTimeAsIso");

  private static Map<String, JsonNode> dashboards() throws IOException {
    Map<String, JsonNode> all = new TreeMap<>();
    for (Path file : Repository.files(FOLDER, ".json")) {
      all.put(file.getFileName().toString(), new ObjectMapper().readTree(file.toFile()));
    }
    return all;
  }

  private static List<JsonNode> panels(JsonNode dashboard) {
    List<JsonNode> panels = new ArrayList<>();
    for (JsonNode panel : dashboard.path("panels")) {
      if (!panel.path("type").asText().equals("row")) {
        panels.add(panel);
      }
    }
    return panels;
  }

  @Test
  void the_files_are_what_the_code_makes() throws IOException {
    Map<String, String> files = new TreeMap<>();
    for (Path file : Repository.files(FOLDER, ".json")) {
      files.put(file.getFileName().toString(), Files.readString(file));
    }
    assertThat(files)
        .as("written by dev.fewstep.monitoring.Dashboards; docs/operating.md says how")
        .isEqualTo(Dashboards.files());
  }

  @Test
  void everything_that_is_watched_has_its_dashboard() throws IOException {
    assertThat(dashboards().keySet())
        .containsExactly(
            "experiment.json",
            "fleet.json",
            "nightly.json",
            "overview.json",
            "servers.json",
            "training.json");
  }

  @Test
  void panels_lie_beside_one_another() throws IOException {
    dashboards()
        .forEach(
            (name, dashboard) -> {
              Set<List<Integer>> cells = new HashSet<>();
              Set<Integer> ids = new HashSet<>();
              for (JsonNode panel : dashboard.path("panels")) {
                JsonNode at = panel.path("gridPos");
                assertThat(ids.add(panel.path("id").asInt())).isTrue();
                assertThat(at.path("x").asInt() + at.path("w").asInt()).isBetween(1, 24);
                for (int x = 0; x < at.path("w").asInt(); x++) {
                  for (int y = 0; y < at.path("h").asInt(); y++) {
                    assertThat(
                            cells.add(List.of(at.path("x").asInt() + x, at.path("y").asInt() + y)))
                        .as("%s: %s overlaps", name, panel.path("title"))
                        .isTrue();
                  }
                }
              }
            });
  }

  @Test
  void panels_say_what_they_show_in_units_that_grafana_has() throws IOException {
    dashboards()
        .forEach(
            (name, dashboard) -> {
              Set<String> titles = new TreeSet<>();
              for (JsonNode panel : panels(dashboard)) {
                String title = panel.path("title").asText();
                assertThat(titles.add(title)).as("%s: %s once", name, title).isTrue();
                assertThat(panel.path("description").asText()).as(title).endsWith(".");
                assertThat(panel.path("fieldConfig").path("defaults").path("unit").asText())
                    .as(title)
                    .isIn(UNITS);
                assertThat(panel.path("datasource").path("uid").asText())
                    .isEqualTo("${datasource}");
                assertThat(panel.path("targets")).as(title).isNotEmpty();
              }
            });
  }

  @Test
  void variables_are_there_and_used() throws IOException {
    dashboards()
        .forEach(
            (name, dashboard) -> {
              Set<String> there = new TreeSet<>(Set.of("__rate_interval", "__field", "__data"));
              dashboard
                  .path("templating")
                  .path("list")
                  .forEach(variable -> there.add(variable.path("name").asText()));
              Set<String> used = new TreeSet<>();
              Matcher variable = VARIABLE.matcher(dashboard.path("panels").toString());
              while (variable.find()) {
                used.add(variable.group(1));
              }
              assertThat(there).as(name).containsAll(used);
              Set<String> chosen = new TreeSet<>(there);
              chosen.removeIf(one -> one.startsWith("__") || one.equals("server"));
              assertThat(used).as(name).containsAll(chosen);
            });
  }

  @Test
  void queries_go_by_names_that_are_exported() throws IOException {
    Set<String> known = Repository.knownNames();
    for (JsonNode dashboard : dashboards().values()) {
      List<JsonNode> asked = new ArrayList<>();
      panels(dashboard).forEach(panel -> panel.path("targets").forEach(asked::add));
      dashboard.path("annotations").path("list").forEach(asked::add);
      for (JsonNode one : asked) {
        String expression = one.path("expr").asText();
        assertThat(known).as(expression).containsAll(Expressions.names(expression));
      }
    }
  }

  @Test
  void submits_and_regressions_are_annotated_and_trials_linked() throws IOException {
    Set<String> links = new TreeSet<>();
    for (JsonNode dashboard : dashboards().values()) {
      List<String> annotations = new ArrayList<>();
      dashboard
          .path("annotations")
          .path("list")
          .forEach(one -> annotations.add(one.path("name").asText()));
      assertThat(annotations).containsExactly("Submitted experiments", "Regressions");
      for (JsonNode panel : panels(dashboard)) {
        for (JsonNode link : panel.path("fieldConfig").path("defaults").path("links")) {
          links.add(link.path("url").asText());
        }
      }
    }
    assertThat(links)
        .containsExactly(
            "${server}/#/experiments/${__data.fields.experiment}",
            "${server}/#/experiments/${__field.labels.experiment}",
            "${server}/#/experiments/${__field.labels.experiment}"
                + "/trials/${__field.labels.trial}");
    assertThat(
            Files.readString(
                Repository.DEPLOY
                    .getParent()
                    .resolve("dashboard/src/main/resources/webroot/views/trial/load.js")))
        .as("the page's own path of a trial")
        .contains("`experiments/${encodeURIComponent(id)}/trials/${index}`");
  }

  @Test
  void grafana_finds_data_source_and_dashboards() throws IOException {
    JsonNode source =
        Repository.yaml(Repository.GRAFANA.resolve("provisioning/datasources/prometheus.yml"));
    assertThat(source.path("datasources").path(0).path("type").asText()).isEqualTo("prometheus");
    JsonNode provider =
        Repository.yaml(Repository.GRAFANA.resolve("provisioning/dashboards/fewstep.yml"));
    assertThat(provider.path("providers").path(0).path("options").path("path").asText())
        .isEqualTo("/var/lib/grafana/dashboards/fewstep");
  }
}
