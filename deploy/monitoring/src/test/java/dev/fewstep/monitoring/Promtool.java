package dev.fewstep.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Prometheus' own checker. Where there is none a test is skipped with a line, or fails when {@code
 * -Dfewstep.require} names the part {@code prometheus}.
 */
final class Promtool {
  private Promtool() {}

  /** How a run ended, and all that it said. */
  record Answer(int exitCode, String text) {}

  static void required() {
    boolean there =
        Arrays.stream(System.getenv("PATH").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "promtool")));
    boolean demanded =
        Arrays.asList(System.getProperty("fewstep.require", "").split("\\s*,\\s*"))
            .contains("prometheus");
    assertThat(there || !demanded)
        .as("part 'prometheus' is required and there is no promtool")
        .isTrue();
    if (!there) {
      String reason =
          "SKIPPED, part 'prometheus' is absent: no promtool on the PATH"
              + " (-Dfewstep.require=prometheus makes this an error)";
      System.err.println(reason);
      assumeTrue(false, reason);
    }
  }

  static Answer run(List<String> arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("promtool"));
    command.addAll(arguments);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Answer(process.waitFor(), text);
  }
}
