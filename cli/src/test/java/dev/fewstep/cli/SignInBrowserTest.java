package dev.fewstep.cli;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.Cookie;
import com.microsoft.playwright.options.SameSiteAttribute;
import dev.fewstep.embedded.EmbeddedOptions;
import dev.fewstep.embedded.EmbeddedStack;
import dev.fewstep.orchestrator.Orchestrator;
import dev.fewstep.orchestrator.OrchestratorConfig;
import dev.fewstep.orchestrator.access.AccessSettings;
import dev.fewstep.orchestrator.api.HttpSettings;
import dev.fewstep.orchestrator.log.KafkaSettings;
import dev.fewstep.store.S3Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The page of a server that requires tokens, in a browser, behind a proxy with a path. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SignInBrowserTest {
  private static final String ADMIN = "an-operators-own-token-of-the-test-0123456789";

  @TempDir static Path folder;

  private final Queue<String> faults = new ConcurrentLinkedQueue<>();
  private Chromium chromium;
  private EmbeddedStack stack;
  private Orchestrator orchestrator;
  private PrefixProxy proxy;
  private BrowserContext context;
  private Page page;

  @BeforeAll
  void start() throws Exception {
    chromium = Chromium.start();
    stack = EmbeddedStack.start(folder.resolve("data"), EmbeddedOptions.anyPorts());
    orchestrator =
        Orchestrator.start(
            OrchestratorConfig.of(
                KafkaSettings.of(stack.bootstrapServers(), 1),
                new S3Settings(
                    stack.s3Endpoint(),
                    "us-east-1",
                    "fewstep",
                    stack.s3AccessKey(),
                    stack.s3SecretKey()),
                HttpSettings.of("127.0.0.1", 0, AccessSettings.required(ADMIN))));
    UpProcess.await("a leader", orchestrator::ready);
    proxy = new PrefixProxy(orchestrator.address().toString());
    context = chromium.browser().newContext();
    context.setDefaultTimeout(60_000);
    context.onConsoleMessage(
        line -> {
          // What is refused is told on the console, as it must be.
          if (line.type().equals("error") && !line.text().contains("status of 40")) {
            faults.add(line.text() + " " + line.location());
          }
        });
    context.onWebError(error -> faults.add("thrown: " + error.error()));
    page = context.newPage();
  }

  @AfterAll
  void stop() {
    if (chromium != null) {
      chromium.close();
    }
    if (proxy != null) {
      proxy.close();
    }
    if (orchestrator != null) {
      orchestrator.close();
    }
    if (stack != null) {
      stack.close();
    }
  }

  private String token() {
    return token("admin");
  }

  private String token(String role) {
    return new ApiClient(orchestrator.address().toString(), ADMIN)
        .post(
            "/api/v1/tokens",
            "application/json",
            "{\"name\": \"ann\", \"role\": \"" + role + "\"}",
            UUID.randomUUID())
        .path("token")
        .asText();
  }

  private Object status(String script) {
    return page.evaluate("async () => (await " + script + ").status");
  }

  @Test
  void aBrowserSignsInWorksAndSignsOut() throws Exception {
    String token = token();
    page.navigate(proxy.address() + "#/fleet");
    Locator field = page.getByLabel("Your token");
    assertThat(field).isVisible();
    nothingIsWrongForReaders();

    field.fill(ADMIN + "0");
    field.press("Enter");
    assertThat(page.locator("main [role=alert]")).containsText("wrong, has expired or was revoked");
    field.fill(token);
    field.press("Enter");
    assertThat(page.locator("main h1")).hasText("Fleet");
    assertThat(page.getByTitle("Signed in as ann, admin")).isVisible();

    // Nothing that scripts could give away; nothing that other sites or addresses are sent.
    List<Cookie> cookies = context.cookies();
    assertThat(cookies).hasSize(1);
    Cookie cookie = cookies.get(0);
    assertThat(cookie.httpOnly).isTrue();
    assertThat(cookie.sameSite).isEqualTo(SameSiteAttribute.STRICT);
    assertThat(cookie.path).isEqualTo(PrefixProxy.PREFIX + "/api/v1");
    assertThat(cookie.value).doesNotContain(token);
    assertThat(page.evaluate("() => document.cookie")).isEqualTo("");
    String kept =
        (String)
            page.evaluate(
                "() => JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage})");
    assertThat(kept).doesNotContain(token).doesNotContain(cookie.value);

    // A change by the cookie alone is refused; by the page it is made.
    String put =
        "fetch('api/v1/projects/alpha', {method: 'PUT', headers: {'Content-Type':"
            + " 'application/json'}, body: '{\"weight\": 2}'})";
    assertThat(status(put)).isEqualTo(403);
    page.evaluate(
        "async () => (await import(new URL('api.js', document.baseURI).href))"
            + ".send('PUT', 'projects/alpha', {weight: 2})");
    // Another tab signs in anew: this one learns what to prove itself with.
    page.evaluate(
        "async (token) => fetch('api/v1/session', {method: 'POST', headers: {'Content-Type':"
            + " 'application/json'}, body: JSON.stringify({token})})",
        token);
    page.evaluate(
        "async () => (await import(new URL('api.js', document.baseURI).href))"
            + ".send('PUT', 'projects/alpha', {weight: 3})");
    page.navigate("about:blank");
    page.navigate(proxy.address());
    assertThat(page.locator(".connection")).hasText("live");

    page.getByTitle("Signed in as ann, admin").click();
    page.getByRole(AriaRole.MENUITEM)
        .filter(new Locator.FilterOptions().setHasText("Sign out"))
        .click();
    assertThat(field).isVisible();
    assertThat(context.cookies()).isEmpty();
    assertThat(status("fetch('api/v1/experiments')")).isEqualTo(401);
    assertThat(faults).isEmpty();
  }

  @Test
  void whoMayOnlyLookIsToldSoBeforeAsking() {
    context.clearCookies();
    page.navigate("about:blank");
    page.navigate(proxy.address() + "#/submit");
    Locator field = page.getByLabel("Your token");
    field.fill(token("viewer"));
    field.press("Enter");
    Locator submit = page.locator(".submit-bar .primary");
    assertThat(submit).hasAttribute("aria-disabled", "true");
    assertThat(submit).hasAttribute("title", "Your token's role is viewer: this needs submitter.");
    submit.dispatchEvent("click");
    assertThat(page.locator(".submit-bar [role=alert]")).containsText("this needs submitter");
    context.clearCookies();
  }

  @Test
  void aRevokedTokenEndsItsSessions() {
    String token = token();
    page.navigate("about:blank");
    page.navigate(proxy.address());
    Locator field = page.getByLabel("Your token");
    field.fill(token);
    field.press("Enter");
    assertThat(page.locator("main h1")).hasText("Experiments");
    new ApiClient(orchestrator.address().toString(), ADMIN)
        .post(
            "/api/v1/tokens/" + token.substring(4, 16) + ":revoke",
            "application/json",
            "{}",
            UUID.randomUUID());
    page.navigate("about:blank");
    page.navigate(proxy.address());
    assertThat(field).isVisible();
  }

  private void nothingIsWrongForReaders() throws Exception {
    String axe = Files.readString(Chromium.AXE);
    List<Object> violations = new ArrayList<>();
    for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
      page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
      page.evaluate(axe);
      violations.addAll((List<?>) page.evaluate(BrowserTest.AXE_RULES));
    }
    assertThat(violations).isEmpty();
  }
}
