package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What deploy/security/libraries.py says of lists of libraries, with a server that speaks as OSV.
 */
class LibrariesScriptTest {
  private static final Path SCRIPT =
      Path.of("..", "deploy", "security", "libraries.py").toAbsolutePath().normalize();
  private static final String OLD = "pkg:maven/org.example/old@1.0";

  @TempDir Path folder;
  private HttpServer osv;
  private volatile int status = 200;
  private final AtomicInteger asked = new AtomicInteger();

  @BeforeEach
  void start() throws Exception {
    boolean there;
    try {
      there = new ProcessBuilder("python3", "--version").start().waitFor() == 0;
    } catch (IOException e) {
      there = false;
    }
    if (!there) {
      List<String> required =
          Arrays.asList(System.getProperty("fewstep.require", "").split("\\s*,\\s*", -1));
      assertThat(required).as("python3 is not here").doesNotContain("python");
      System.err.println("SKIPPED LibrariesScriptTest: no python3");
      Assumptions.abort("no python3 (-Dfewstep.require=python makes this an error)");
    }
    osv = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    osv.createContext("/v1/querybatch", this::answer);
    osv.start();
  }

  @AfterEach
  void stop() {
    if (osv != null) {
      osv.stop(0);
    }
  }

  /** As https://google.github.io/osv.dev/post-v1-querybatch/ says; two pages of one library. */
  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      JsonNode questions =
          Json.messages().readTree(exchange.getRequestBody().readAllBytes()).path("queries");
      ObjectNode answer = Json.messages().createObjectNode();
      ArrayNode results = answer.putArray("results");
      for (JsonNode question : questions) {
        asked.incrementAndGet();
        ObjectNode result = results.addObject();
        if (question.at("/package/purl").asText().equals(OLD)) {
          boolean second = question.path("page_token").asText().equals("more");
          result.putArray("vulns").addObject().put("id", second ? "CVE-2" : "GHSA-1");
          if (!second) {
            result.put("next_page_token", "more");
          }
        }
      }
      byte[] body = Json.toBytes(answer);
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private Path list(String... libraries) throws IOException {
    ObjectNode list = Json.messages().createObjectNode();
    ArrayNode components = list.putArray("components");
    components
        .addObject()
        .put("group", "dev.fewstep")
        .put("purl", "pkg:maven/dev.fewstep/fewstep-cli@0.1.0?type=jar");
    for (String library : libraries) {
      String[] parts = library.split("=", 2);
      ObjectNode one =
          components.addObject().put("group", "org.example").put("purl", parts[0] + "?type=jar");
      if (!parts[1].isEmpty()) {
        one.putArray("licenses").addObject().putObject("license").put("id", parts[1]);
      }
    }
    return Files.write(folder.resolve("bom.json"), Json.toBytes(list));
  }

  private record Said(int exit, String text) {}

  private Said run(Path list) throws Exception {
    List<String> command = new ArrayList<>(List.of("python3", SCRIPT.toString(), list.toString()));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("OSV_URL", "http://127.0.0.1:" + osv.getAddress().getPort());
    builder.environment().put("no_proxy", "127.0.0.1");
    Process process = builder.start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Said(process.waitFor(), text);
  }

  @Test
  void whatIsWellIsSaidToBe() throws Exception {
    Said said = run(list("pkg:maven/org.example/a@2=MIT", "pkg:maven/org.example/b@3=Apache-2.0"));
    assertThat(said.exit()).as(said.text()).isZero();
    assertThat(said.text()).contains("2 libraries");
    assertThat(asked).hasValue(2);
  }

  @Test
  void licencesThatAreNotAllowedAreNamed() throws Exception {
    String gpl = "GNU General Public License (GPL), version 2, with the Classpath exception";
    Said said =
        run(
            list(
                "pkg:maven/org.example/a@2=MIT",
                "pkg:maven/org.example/silent@1=",
                "pkg:maven/org.example/viral@1=AGPL-3.0-only",
                "pkg:maven/org.example/classpath@1=" + gpl,
                "pkg:maven/org.openjdk.jmh/jmh-core@1=" + gpl));
    assertThat(said.exit()).as(said.text()).isEqualTo(1);
    assertThat(said.text().lines().filter(line -> line.startsWith("licence: ")))
        .hasSize(3)
        .anyMatch(line -> line.contains("/silent@1 is under none that it tells"))
        .anyMatch(line -> line.contains("/viral@1 is under AGPL-3.0-only"))
        .anyMatch(line -> line.contains("/classpath@1"));
  }

  @Test
  void knownVulnerabilitiesAreNamed() throws Exception {
    Said said = run(list("pkg:maven/org.example/a@2=MIT", OLD + "=MIT"));
    assertThat(said.exit()).as(said.text()).isEqualTo(2);
    assertThat(said.text().strip()).isEqualTo("vulnerability: " + OLD + " CVE-2 GHSA-1");
    assertThat(asked).hasValue(3);
  }

  @Test
  void thatNothingWasLookedUpIsSaidPlainly() throws Exception {
    Path list = list(OLD + "=MIT");
    status = 503;
    Said refused = run(list);
    assertThat(refused.exit()).as(refused.text()).isEqualTo(4);
    assertThat(refused.text()).contains("NOT looked up").contains("503");
    osv.stop(0);
    Said gone = run(list);
    assertThat(gone.exit()).as(gone.text()).isEqualTo(4);
    assertThat(gone.text()).contains("NOT looked up");
  }
}
