package dev.fewstep.cli;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Playwright;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A headless browser that is installed on this machine, driven with the Node that is. */
record Chromium(Playwright playwright, Browser browser) implements AutoCloseable {
  /** The checker of accessibility, which {@code npm ci} in dashboard/ installs. */
  static final Path AXE = Path.of("..", "dashboard", "node_modules", "axe-core", "axe.min.js");

  /**
   * Starts it. Where a part is absent the test is skipped with a line on standard error, or fails
   * when {@code -Dfewstep.require} names {@code browser}.
   */
  static Chromium start() {
    Optional<Path> node = program("node");
    Optional<Path> chromium =
        Stream.of("chromium", "chromium-browser", "google-chrome")
            .flatMap(name -> program(name).stream())
            .findFirst();
    if (node.isEmpty() || chromium.isEmpty() || !Files.exists(AXE)) {
      String reason =
          "SKIPPED, part 'browser' is absent: needs chromium (%s), node (%s) and %s (%s; npm ci --ignore-scripts in dashboard/); -Dfewstep.require=browser makes this an error"
              .formatted(
                  chromium.isPresent() ? "there" : "missing",
                  node.isPresent() ? "there" : "missing",
                  AXE,
                  Files.exists(AXE) ? "there" : "missing");
      if (Arrays.asList(System.getProperty("fewstep.require", "").split("\\s*,\\s*"))
          .contains("browser")) {
        fail(reason);
      }
      System.err.println(reason);
      assumeTrue(false, reason);
    }
    Playwright playwright =
        Playwright.create(
            new Playwright.CreateOptions()
                .setEnv(
                    Map.of(
                        "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD",
                        "1",
                        "PLAYWRIGHT_NODEJS_PATH",
                        node.orElseThrow().toString())));
    return new Chromium(
        playwright,
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(chromium.orElseThrow())
                    .setArgs(List.of("--no-sandbox"))));
  }

  private static Optional<Path> program(String name) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  @Override
  public void close() {
    playwright.close();
  }
}
