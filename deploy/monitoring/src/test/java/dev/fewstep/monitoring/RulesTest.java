package dev.fewstep.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prometheus' configuration, its rules and their unit tests. */
class RulesTest {
  @TempDir private Path folder;

  private static List<String> paths(Path directory, String end) throws IOException {
    return Repository.files(directory, end).stream().map(Path::toString).toList();
  }

  private static Set<String> alerts() throws IOException {
    Set<String> names = new TreeSet<>();
    Repository.rules().stream()
        .filter(rule -> rule.has("alert"))
        .forEach(rule -> names.add(rule.path("alert").asText()));
    return names;
  }

  private static List<JsonNode> cases() throws IOException {
    List<JsonNode> cases = new ArrayList<>();
    for (Path file : Repository.files(Repository.PROMETHEUS.resolve("tests"), ".yml")) {
      Repository.yaml(file).path("tests").forEach(cases::add);
    }
    return cases;
  }

  @Test
  void the_configuration_is_one() throws Exception {
    Promtool.required();
    List<String> arguments = new ArrayList<>(List.of("check", "config"));
    for (String name : List.of("prometheus.yml", "local.yml")) {
      arguments.add(Repository.PROMETHEUS.resolve(name).toString());
    }
    Promtool.Answer answer = Promtool.run(arguments);
    assertThat(answer.exitCode()).as(answer.text()).isZero();
  }

  @Test
  void every_unit_test_of_the_rules_passes() throws Exception {
    Promtool.required();
    List<String> arguments = new ArrayList<>(List.of("test", "rules"));
    arguments.addAll(paths(Repository.PROMETHEUS.resolve("tests"), ".yml"));
    Promtool.Answer answer = Promtool.run(arguments);
    assertThat(answer.exitCode()).as(answer.text()).isZero();
  }

  @Test
  void the_unit_tests_notice_an_alert_that_does_not_fire() throws Exception {
    Promtool.required();
    for (String part : List.of("rules", "tests")) {
      Files.createDirectories(folder.resolve(part));
      for (Path file : Repository.files(Repository.PROMETHEUS.resolve(part), ".yml")) {
        Files.writeString(
            folder.resolve(part).resolve(file.getFileName()),
            Files.readString(file)
                .replace("expr: (sum(fewstep_leader) or vector(0)) < 1", "expr: vector(0) == 1"));
      }
    }
    Promtool.Answer answer =
        Promtool.run(List.of("test", "rules", folder.resolve("tests/rules.yml").toString()));
    assertThat(answer.exitCode()).isNotZero();
    assertThat(answer.text()).contains("FAILED").contains("FewstepNoLeader");
  }

  @Test
  void every_alert_is_seen_to_fire_and_not_to_fire() throws IOException {
    Map<String, Set<Boolean>> seen = new TreeMap<>();
    for (JsonNode one : cases()) {
      for (JsonNode check : one.path("alert_rule_test")) {
        seen.computeIfAbsent(check.path("alertname").asText(), key -> new TreeSet<>())
            .add(!check.path("exp_alerts").isEmpty());
      }
    }
    assertThat(seen.keySet()).isEqualTo(alerts());
    assertThat(seen).allSatisfy((name, ends) -> assertThat(ends).containsExactly(false, true));
  }

  @Test
  void every_recording_rule_is_evaluated_by_a_unit_test() throws IOException {
    StringBuilder evaluated = new StringBuilder();
    for (JsonNode one : cases()) {
      one.path("promql_expr_test").forEach(test -> evaluated.append(test.path("expr").asText()));
    }
    assertThat(Repository.rules().stream().map(rule -> rule.path("record").asText()))
        .allSatisfy(name -> assertThat(evaluated.toString()).contains(name));
  }

  @Test
  void every_alert_has_its_runbook_and_every_runbook_its_alert() throws IOException {
    Set<String> headings = new TreeSet<>();
    String section = Repository.document("operating.md").split("\n## Alerts\n", 2)[1];
    section
        .split("\n## ", 2)[0]
        .lines()
        .filter(line -> line.startsWith("### "))
        .forEach(line -> headings.add(line.substring(4)));
    assertThat(headings).isEqualTo(alerts());
    for (JsonNode rule : Repository.rules()) {
      if (rule.has("alert")) {
        assertThat(rule.path("annotations").path("runbook").asText())
            .isEqualTo("docs/operating.md#" + rule.path("alert").asText().toLowerCase(Locale.ROOT));
        assertThat(rule.path("labels").path("severity").asText()).isIn("warning", "critical");
        assertThat(rule.path("annotations").path("summary").asText()).isNotBlank();
      }
    }
  }

  @Test
  void rules_go_by_names_that_are_exported() throws IOException {
    Set<String> known = Repository.knownNames();
    for (JsonNode rule : Repository.rules()) {
      String expression = rule.path("expr").asText();
      assertThat(known).as(expression).containsAll(Expressions.names(expression));
    }
  }
}
