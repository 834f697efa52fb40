package dev.fewstep.orchestrator.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@code docs/security.md} names is there. */
class SecurityDocumentTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern NAMED = Pattern.compile("`(\\w+Test)\\.(\\w+)`");

  @Test
  void everyThreatHasATestThatIsThere() throws IOException {
    List<String> rows;
    try (Stream<String> lines = Files.lines(ROOT.resolve("docs").resolve("security.md"))) {
      rows =
          lines
              .dropWhile(line -> !line.equals("## Threats"))
              .filter(line -> line.startsWith("| ") && !line.startsWith("| threat "))
              .toList();
    }
    assertThat(rows).hasSizeGreaterThan(8);
    for (String row : rows) {
      Matcher named = NAMED.matcher(row);
      int tests = 0;
      while (named.find()) {
        tests++;
        assertThat(source(named.group(1)))
            .as(row)
            .containsPattern("@Test\\s+void " + named.group(2) + "\\(");
      }
      assertThat(tests).as(row).isPositive();
    }
  }

  private static String source(String test) throws IOException {
    for (String module : List.of("orchestrator", "cli", "schemas", "worker", "store")) {
      Path folder = ROOT.resolve(module).resolve("src").resolve("test").resolve("java");
      try (Stream<Path> files = Files.walk(folder)) {
        List<Path> found = files.filter(file -> file.endsWith(test + ".java")).toList();
        if (!found.isEmpty()) {
          return Files.readString(found.get(0));
        }
      }
    }
    throw new AssertionError("there is no test " + test);
  }
}
