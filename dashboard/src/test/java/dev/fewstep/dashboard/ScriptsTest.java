package dev.fewstep.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page's code, checked by Node: types of every module, and tests of the pure functions. */
class ScriptsTest {
  private static final Path TYPE_CHECKER = Path.of("node_modules", "typescript", "bin", "tsc");

  @Test
  void pureFunctionsDoWhatTheirTestsSay() throws Exception {
    needsNode();
    List<String> command = new ArrayList<>(List.of("node", "--test", "--test-reporter=tap"));
    try (Stream<Path> files = Files.list(Path.of("src/test/js"))) {
      files.map(Path::toString).filter(name -> name.endsWith(".test.mjs")).forEach(command::add);
    }
    Outcome outcome = run(command.toArray(String[]::new));
    assertThat(outcome.exitCode()).as(outcome.output()).isZero();
    assertThat(outcome.output()).containsPattern("(?m)^# pass [1-9][0-9]*$");
  }

  @Test
  void everyModuleIsTyped() throws Exception {
    needsNode();
    Part.needs(
        "node",
        Files.exists(TYPE_CHECKER),
        "dashboard/node_modules has no TypeScript (npm ci --ignore-scripts in dashboard/)");
    Outcome outcome = run("node", TYPE_CHECKER.toString(), "--noEmit", "-p", ".");
    assertThat(outcome.exitCode()).as(outcome.output()).isZero();
  }

  @Test
  void everyModuleAsksForItsTypesToBeChecked() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/main/resources/webroot"))) {
      List<Path> modules =
          files
              .filter(
                  file -> file.toString().endsWith(".js") && !file.toString().contains("vendor"))
              .toList();
      assertThat(modules).hasSizeGreaterThan(30);
      for (Path module : modules) {
        List<String> lines = Files.readAllLines(module);
        assertThat(lines.get(0)).as(module.toString()).isEqualTo("// @ts-check");
        assertThat(lines).as(module.toString()).hasSizeLessThanOrEqualTo(300);
      }
    }
  }

  private static void needsNode() throws Exception {
    boolean present;
    try {
      present = run("node", "--version").exitCode() == 0;
    } catch (IOException absent) {
      present = false;
    }
    Part.needs("node", present, "there is no program node");
  }

  private record Outcome(int exitCode, String output) {}

  private static Outcome run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(Arrays.asList(command)).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), output);
  }
}
