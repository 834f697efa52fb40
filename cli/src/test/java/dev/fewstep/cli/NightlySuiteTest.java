package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The nightly benchmarks of the repository: their script sets them, and what they ask for is run
 * and judged, shortened to three trials of eight steps each.
 */
class NightlySuiteTest {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
  private static final Path NIGHTLY = HOME.resolve("deploy").resolve("nightly");

  @TempDir Path folder;

  @Test
  void theScriptSetsThemAndWhatTheyAskForIsRunAndJudged() throws Exception {
    try (UpProcess up = new UpProcess(folder)) {
      up.start();
      InputBundle.read(HOME.resolve("models/fashion-mnist/inputs.yaml"))
          .register(up.client(), folder.resolve("datasets"), line -> {});
      Map<String, String> environment = new HashMap<>();
      environment.put("FEWSTEP_SERVER_URL", up.address());
      environment.put(
          "FEWSTEP_CONFIG", Files.writeString(folder.resolve("config.yaml"), "").toString());

      install(environment);
      install(environment);
      List<String> set =
          ProgramRun.of(environment, "schedule", "list").out().lines().skip(1).toList();
      assertThat(set).hasSize(2);
      assertThat(set.get(0)).startsWith("nightly-quality").contains("0 2 * * *  Europe/Berlin");
      assertThat(set.get(1)).startsWith("nightly-speed").contains("0 4 * * *  Europe/Berlin");

      judged(environment, "quality", "fd", "fd:fashion-c", "fd:fashion-a/multi");
      judged(environment, "speed", "step_ratio", "step_ratio");
    }
  }

  private void install(Map<String, String> environment) throws Exception {
    Path program =
        Files.writeString(
            folder.resolve("fewstep"),
            "#!/bin/sh\nexec '%s/bin/java' -cp '%s' %s \"$@\"\n"
                .formatted(
                    System.getProperty("java.home"),
                    System.getProperty("java.class.path"),
                    Main.class.getName()));
    assertThat(program.toFile().setExecutable(true)).isTrue();
    ProcessBuilder script =
        new ProcessBuilder("sh", NIGHTLY.resolve("install.sh").toString(), "Europe/Berlin")
            .redirectErrorStream(true);
    script.environment().putAll(environment);
    script.environment().put("FEWSTEP", program.toString());
    Process process = script.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }

  /** Runs the smallest part of a suite by its own verbs. */
  private void judged(Map<String, String> environment, String suite, String gate, String... metrics)
      throws Exception {
    YAMLMapper yaml = new YAMLMapper();
    JsonNode spec = yaml.readTree(NIGHTLY.resolve(suite + ".yaml").toFile());
    ((ObjectNode) spec.at("/spec/base/training"))
        .put("iterations", 8)
        .put("warmup", 0)
        .put("checkpointEvery", 8);
    ((ObjectNode) spec.at("/spec")).putArray("seeds").add(0).add(1).add(2);
    ObjectNode grid = (ObjectNode) spec.at("/spec/grid");
    grid.putArray("sampling.steps").add(2);
    if (grid.has("loss.kernel")) {
      grid.putArray("loss.kernel").add("cubic");
    }
    Path file = folder.resolve(suite + ".yaml");
    yaml.writeValue(file.toFile(), spec);
    String name = "nightly-" + suite;
    ProgramRun set =
        ProgramRun.of(
            environment,
            "schedule",
            "create",
            name,
            "--cron",
            "0 2 * * *",
            "--spec",
            file.toString(),
            "--gate",
            gate);
    assertThat(set.exitCode()).as(set.err()).isZero();

    ProgramRun run = ProgramRun.of(environment, "nightly", "run", name, "--gate");

    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCodes.INCONCLUSIVE);
    assertThat(run.out()).as(run.err()).contains("a baseline has 3 runs at least");
    assertThat(run.out() + run.err()).contains("SUCCEEDED").doesNotContain("FAILED");
    for (String metric : metrics) {
      assertThat(run.out()).contains(metric + "(");
    }
  }
}
