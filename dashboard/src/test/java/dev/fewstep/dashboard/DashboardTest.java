package dev.fewstep.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DashboardTest {
  private static final Path WEBROOT = Path.of("src/main/resources/webroot");
  private static final Pattern IMPORT = Pattern.compile("from \"([^\"]+)\"");

  @Test
  void vendoredFilesAreWhatTheirHashesSay() throws Exception {
    List<String> lines = Dashboard.text("vendor/SHA256SUMS").lines().toList();
    assertThat(lines).hasSizeGreaterThanOrEqualTo(8);
    for (String line : lines) {
      String[] parts = line.split("\\s+", 2);
      assertThat(sha256("vendor/" + parts[1])).as(parts[1]).isEqualTo(parts[0]);
    }
    try (Stream<Path> files = Files.list(WEBROOT.resolve("vendor"))) {
      List<String> code =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.matches(".*\\.(mjs|js|css)"))
              .toList();
      assertThat(lines.stream().map(line -> line.split("\\s+", 2)[1])).containsAll(code);
    }
  }

  @Test
  void everyImportLeadsToAFile() throws IOException {
    String page = Dashboard.text("index.html");
    int count = 0;
    try (Stream<Path> files = Files.walk(WEBROOT)) {
      for (Path file :
          files
              .filter(f -> f.toString().endsWith(".js") && !f.toString().contains("vendor"))
              .toList()) {
        Matcher matcher = IMPORT.matcher(Files.readString(file));
        while (matcher.find()) {
          count++;
          String target = matcher.group(1);
          if (target.startsWith(".")) {
            assertThat(file.getParent().resolve(target)).as("%s imports %s", file, target).exists();
          } else {
            assertThat(page).as("%s imports %s", file, target).contains("\"" + target + "\"");
          }
        }
      }
    }
    assertThat(count).isGreaterThan(10);
  }

  @Test
  void thePolicyNamesTheImportMapByItsHash() {
    assertThat(Dashboard.contentSecurityPolicy())
        .startsWith("default-src 'self'")
        .containsPattern("script-src 'self' 'sha256-[A-Za-z0-9+/]{43}='");
  }

  @Test
  void thePageAsksNobodyElse() throws IOException {
    try (Stream<Path> files = Files.walk(WEBROOT)) {
      for (Path file :
          files
              .filter(f -> f.toString().matches(".*\\.(js|html|css)"))
              .filter(f -> !f.toString().contains("vendor"))
              .toList()) {
        assertThat(Files.readString(file)).as(file.toString()).doesNotContain("https://");
      }
    }
  }

  private static String sha256(String name) throws Exception {
    try (InputStream stream =
        Dashboard.class.getResourceAsStream("/" + Dashboard.WEBROOT + "/" + name)) {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(stream.readAllBytes()));
    }
  }
}
