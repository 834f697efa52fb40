package dev.fewstep.cli;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.FilePayload;
import com.microsoft.playwright.options.ReducedMotion;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page in a headless browser on a real installation, behind a reverse proxy that serves it
 * below a path. Each test begins where the one before ended: all look at one experiment.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BrowserTest {
  /** Milliseconds for what a worker or a restarted server does. */
  private static final double LONG = 120_000;

  static final String AXE_RULES =
      """
      async () => {
        const found = await globalThis.axe.run(document, {
          resultTypes: ["violations"],
          runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
          // Experimental, and off unless asked for: it takes a name cut by "…" for another one.
          rules: {"label-content-name-mismatch": {enabled: false}},
        });
        return found.violations.flatMap((one) =>
          one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`));
      }
      """;

  @TempDir static Path folder;

  private final Queue<String> faults = new ConcurrentLinkedQueue<>();
  private Chromium chromium;
  private UpProcess up;
  private PrefixProxy proxy;
  private BrowserContext context;
  private Page page;
  private String experiment = "";

  @RegisterExtension
  final AfterTestExecutionCallback picture =
      run -> {
        if (run.getExecutionException().isPresent() && page != null) {
          Path file =
              Path.of("target", "browser-" + run.getDisplayName().replace("()", "") + ".png");
          page.screenshot(new Page.ScreenshotOptions().setPath(file).setFullPage(true));
        }
      };

  @BeforeAll
  void start() throws Exception {
    chromium = Chromium.start();
    up = new UpProcess(folder);
    up.start();
    up.importInputs();
    proxy = new PrefixProxy(up.address());
    context =
        chromium
            .browser()
            .newContext(
                new Browser.NewContextOptions()
                    .setReducedMotion(ReducedMotion.REDUCE)
                    .setViewportSize(1280, 900));
    String origin = URI.create(proxy.address()).resolve("/").toString();
    context.onConsoleMessage(
        line -> {
          boolean told = line.type().equals("error") || line.type().equals("warning");
          // A specification that cannot be planned, such as a recipe whose inputs are not there.
          boolean refusedPlan =
              line.text().contains("status of 422")
                  && line.location().contains("/experiments:plan");
          if (told && !refusedPlan) {
            faults.add("console: " + line.text() + " " + line.location());
          }
        });
    context.onWebError(error -> faults.add("thrown: " + error.error()));
    context.onRequest(
        request -> {
          String url = request.url();
          if (!url.startsWith("data:")
              && !url.startsWith("blob:")
              && !url.startsWith(origin + PrefixProxy.PREFIX.substring(1) + "/")) {
            faults.add("asked beside the prefix: " + url);
          }
        });
    page = context.newPage();
    PlaywrightAssertions.setDefaultAssertionTimeout(30_000);
  }

  @AfterAll
  void stop() {
    if (chromium != null) {
      chromium.close();
    }
    if (proxy != null) {
      proxy.close();
    }
    if (up != null) {
      up.close();
    }
  }

  /** No violation of the policy, no error, no request to anybody else. */
  @AfterEach
  void nothingWentWrong() {
    List<String> seen = new ArrayList<>(faults);
    faults.clear();
    assertThat(seen).isEmpty();
  }

  @Test
  @Order(1)
  void submitsAGridAndWatchesItFinish() {
    open("#/submit");
    page.locator("input[type=file]")
        .setInputFiles(
            new FilePayload(
                "grid.yaml", "application/yaml", spec("seen", 6).getBytes(StandardCharsets.UTF_8)));
    Locator submit = button("Submit");
    assertThat(submit)
        .not()
        .hasAttribute(
            "aria-disabled", "true", new LocatorAssertions.HasAttributeOptions().setTimeout(LONG));
    page.evaluate("() => { globalThis.sameDocument = true; }");
    submit.click();
    page.waitForURL(Pattern.compile(".*#/experiments/seen-[0-9a-f]{8}.*"));
    experiment = page.url().replaceAll(".*#/experiments/(seen-[0-9a-f]{8}).*", "$1");
    Locator state = page.locator("main .facts .state").first();
    assertThat(state).hasText(Pattern.compile("succeeded|failed|cancelled"), longHasText());
    assertThat(state).containsText("succeeded");
    assertThat(page.evaluate("() => globalThis.sameDocument"))
        .as("never loaded anew")
        .isEqualTo(true);
    assertThat(page.locator(".connection")).hasText("live");
    assertThat(up.client().get("/api/v1/experiments/" + experiment).path("state").asText())
        .isEqualTo("SUCCEEDED");
  }

  @Test
  @Order(2)
  void comparesTwoTrials() {
    open("#/experiments/" + experiment);
    page.getByLabel("Compare trial 0").check();
    page.getByLabel("Compare trial 1").check();
    page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName("Compare 2 trials 0, 1"))
        .click();
    Locator table = page.locator("table.compare");
    for (int trial = 0; trial < 2; trial++) {
      assertThat(
              table.getByRole(
                  AriaRole.LINK, new Locator.GetByRoleOptions().setName(experiment + "/" + trial)))
          .isVisible();
      JsonNode item = up.client().get("/api/v1/experiments/" + experiment + "/trials/" + trial);
      assertThat(
              table
                  .locator("tbody tr", new Locator.LocatorOptions().setHasText("NFE"))
                  .first()
                  .locator("td")
                  .nth(trial))
          .containsText(item.path("nfe").asText());
    }
    assertThat(table).containsText("of the baseline");
  }

  @Test
  @Order(3)
  void downloadsTheTable() throws Exception {
    open("#/experiments/" + experiment);
    Download download =
        page.waitForDownload(
            () ->
                page.getByRole(
                        AriaRole.LINK, new Page.GetByRoleOptions().setName("CSV").setExact(true))
                    .click());
    assertThat(download.suggestedFilename()).startsWith(experiment).endsWith(".csv");
    List<String> lines = Files.readAllLines(download.path());
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0)).contains("trial").contains("nfe").contains("fd:");
  }

  @Test
  @Order(4)
  void cancelsAnExperiment() {
    String endless = up.submit(spec("endless", 100_000));
    open("#/experiments/" + endless);
    button("Cancel …").click();
    Locator dialog = page.locator("dialog[open]");
    assertThat(dialog).containsText(endless);
    dialog
        .getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName("Cancel the experiment"))
        .click();
    assertThat(page.locator("main .facts .state").first())
        .hasText(Pattern.compile("cancelled"), longHasText());
    assertThat(up.client().get("/api/v1/experiments/" + endless).path("state").asText())
        .isEqualTo("CANCELLED");
  }

  @Test
  @Order(5)
  void showsThatTheNetworkIsCutAndHeals() throws Exception {
    open("#/");
    Locator connection = page.locator(".connection");
    assertThat(connection).hasText("live");
    proxy.cut();
    assertThat(connection).containsText("lost", longContainsText());
    String meanwhile = up.submit(spec("meanwhile", 1));
    proxy.restore();
    assertThat(connection).hasText("live", longHasText());
    assertThat(page.locator("main")).containsText(meanwhile, longContainsText());

    context.setOffline(true);
    page.locator("#search").fill("afterwards");
    Locator problem = page.locator("main [role=alert]");
    assertThat(problem).containsText("The server cannot be reached.", longContainsText());
    context.setOffline(false);
    page.locator("#search").fill("afterwards-");
    assertThat(page.locator("main")).containsText("No experiment fits", longContainsText());
    assertThat(problem).hasCount(0);

    up.awaitSuccess(meanwhile);
    up.kill();
    assertThat(connection).containsText("lost", longContainsText());
    up.start();
    proxy.target(up.address());
    assertThat(connection).hasText("live", longHasText());
    String after = up.submit(spec("afterwards", 1));
    assertThat(page.locator("main")).containsText(after, longContainsText());
    // Requests that failed are told on the console, as they must be; nothing else may be.
    faults.removeIf(
        line -> line.contains("net::ERR_") || line.contains("502") || line.contains("503"));
  }

  @Test
  @Order(6)
  void everythingCanBeReachedByKeyboard() {
    open("#/");
    page.keyboard().press("Tab");
    assertThat(page.locator(":focus")).hasText("Skip to the content");
    page.keyboard().press("Enter");
    assertThat(page.locator("#main")).isFocused();

    open("#/experiments/" + experiment);
    page.getByLabel("Compare trial 0").waitFor();
    Set<String> reached = walk(120);
    assertThat(reached)
        .anyMatch(name -> name.contains("Experiments"))
        .anyMatch(name -> name.contains("Cancel"))
        .anyMatch(name -> name.contains("CSV"))
        .anyMatch(name -> name.contains("Compare trial 1"));

    Locator more = button("More actions");
    more.focus();
    page.keyboard().press("Enter");
    assertThat(page.locator("[role=menu] [role=menuitem]:not([aria-disabled=true])").first())
        .isFocused();
    page.keyboard().press("Escape");
    assertThat(more).isFocused();

    page.getByLabel("Compare trial 0").focus();
    page.keyboard().press("Space");
    assertThat(page.getByLabel("Compare trial 0")).isChecked();
  }

  @Test
  @Order(7)
  void axeFindsNothingOnAnyPage() throws Exception {
    String axe = Files.readString(Chromium.AXE);
    String one = "#/experiments/" + experiment;
    Map<String, String> pages =
        Map.ofEntries(
            Map.entry("#/", "main table"),
            Map.entry("#/submit", ".cm-content"),
            Map.entry(one, "main table"),
            Map.entry(one + "?tab=leaderboard", "main table"),
            Map.entry(one + "?tab=curves", "main canvas"),
            Map.entry(one + "/trials/0", "main canvas"),
            Map.entry("#/compare?t=%1$s/0&t=%1$s/1".formatted(experiment), "table.compare"),
            Map.entry("#/compare", "main h1"),
            Map.entry("#/fleet", "main canvas"),
            Map.entry("#/nowhere", "main h1"));
    List<String> violations = new ArrayList<>();
    for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
      page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
      for (Map.Entry<String, String> where : pages.entrySet()) {
        open(where.getKey());
        page.locator(where.getValue()).first().waitFor();
        page.evaluate(axe);
        for (Object found : (List<?>) page.evaluate(AXE_RULES)) {
          violations.add(scheme + " " + where.getKey() + ": " + found);
        }
      }
    }
    assertThat(violations).isEmpty();
  }

  /** Loads the page anew at an address behind the hash. */
  private void open(String hash) {
    page.navigate("about:blank");
    page.navigate(proxy.address() + hash);
    page.locator("main h1").first().waitFor();
  }

  private Locator button(String name) {
    return page.getByRole(
        AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
  }

  /** Presses Tab; what was focused, each of which has a name and shows that it has the focus. */
  private Set<String> walk(int steps) {
    Set<String> reached = new LinkedHashSet<>();
    for (int i = 0; i < steps; i++) {
      page.keyboard().press("Tab");
      Object told =
          page.evaluate(
              """
              () => {
                const one = document.activeElement;
                if (!one || one === document.body) return "";
                const style = getComputedStyle(one);
                const shows = style.outlineStyle !== "none" || style.boxShadow !== "none";
                const name = [
                  one.getAttribute("aria-label"),
                  document.getElementById(one.getAttribute("aria-labelledby"))?.textContent,
                  one.labels?.[0]?.textContent,
                  one.textContent,
                  one.title,
                ].map((text) => (text ?? "").trim()).find((text) => text !== "");
                if (!name) return `NAMELESS ${one.outerHTML.slice(0, 200)}`;
                return `${shows ? "" : "FOCUS NOT SHOWN: "}${name.slice(0, 60)}`;
              }
              """);
      reached.add(String.valueOf(told));
    }
    assertThat(reached).noneMatch(name -> name.startsWith("FOCUS NOT SHOWN"));
    assertThat(reached).noneMatch(name -> name.startsWith("NAMELESS"));
    return reached;
  }

  private static LocatorAssertions.HasTextOptions longHasText() {
    return new LocatorAssertions.HasTextOptions().setTimeout(LONG);
  }

  private static LocatorAssertions.ContainsTextOptions longContainsText() {
    return new LocatorAssertions.ContainsTextOptions().setTimeout(LONG);
  }

  private static String spec(String name, int iterations) {
    return """
    apiVersion: fewstep/v1
    kind: Experiment
    metadata: {name: %s}
    spec:
      base:
        data: {train: images}
        model: {weights: base}
        sampling: {steps: 2}
        loss: {extractor: a, mmdBatch: 16, microBatch: 8}
        training: {iterations: %d, learningRate: 0.00002, warmup: 1}
      grid: {sampling.steps: [1, 2]}
      seeds: [0]
      evaluation: {reference: images, extractors: [b], samples: 128, batch: 64}
    """
        .formatted(name, iterations);
  }
}
