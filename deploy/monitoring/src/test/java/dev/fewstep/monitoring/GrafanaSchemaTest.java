package dev.fewstep.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The dashboards, read and written again by the types that Grafana publishes of itself. */
class GrafanaSchemaTest {
  private record Run(int exitCode, String said) {}

  private static Run python(String... arguments) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder("python3").redirectErrorStream(true);
    builder.command().addAll(Arrays.asList(arguments));
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(process.waitFor(), said);
  }

  private static Run check(Path folder) throws IOException, InterruptedException {
    return python(Repository.GRAFANA.resolve("check.py").toString(), folder.toString());
  }

  @BeforeEach
  void needsGrafanasTypes() throws InterruptedException {
    boolean there;
    try {
      there = python("-c", "import grafana_foundation_sdk").exitCode() == 0;
    } catch (IOException e) {
      there = false;
    }
    if (!there) {
      assertThat(System.getProperty("fewstep.require", "").split("\\s*,\\s*", -1))
          .as("python3 has no grafana-foundation-sdk")
          .doesNotContain("grafana");
      System.err.println("SKIPPED GrafanaSchemaTest: python3 has no grafana-foundation-sdk");
      Assumptions.abort(
          "no grafana-foundation-sdk (-Dfewstep.require=grafana makes this an error)");
    }
  }

  @Test
  void grafanaKnowsEveryFieldOfEveryDashboard() throws Exception {
    Run run = check(Repository.GRAFANA.resolve("dashboards"));

    assertThat(run.exitCode()).as(run.said()).isZero();
    List<String> lines = run.said().lines().toList();
    assertThat(lines).hasSize(6).allMatch(line -> line.endsWith("panels, as the schema says"));
  }

  @Test
  void aFieldThatGrafanaDoesNotKnowIsTold(@TempDir Path folder) throws Exception {
    ObjectMapper json = new ObjectMapper();
    ObjectNode dashboard =
        (ObjectNode) json.readTree(Repository.GRAFANA.resolve("dashboards/nightly.json").toFile());
    ((ObjectNode) dashboard.path("panels").path(1)).put("targts", 1);
    Files.write(folder.resolve("wrong.json"), json.writeValueAsBytes(dashboard));

    Run run = check(folder);

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.said()).contains("wrong.json").contains(".panels[].targts is unknown");
  }
}
