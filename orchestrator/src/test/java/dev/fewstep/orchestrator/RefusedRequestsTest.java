package dev.fewstep.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.access.AccessSettings;
import dev.fewstep.orchestrator.access.Limits;
import dev.fewstep.orchestrator.access.Limits.Rate;
import dev.fewstep.orchestrator.api.HttpSettings;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A server with small limits and a token for its meters: what becomes of those it refuses. */
class RefusedRequestsTest {
  private static final String ADMIN = "an-operators-own-token-of-the-test-0123456789";
  private static final String METRICS = "what-prometheus-shows-in-the-test-0123456789";
  private static final String GUESS = "a-guess-that-is-nobodys-token";
  private static final int NOTED = 4;
  private static TestStack stack;
  private static Orchestrator orchestrator;
  private static ApiClient client;

  @BeforeAll
  static void start() {
    stack = new TestStack();
    Limits limits = new Limits(new Rate(0.001, 200), new Rate(0.001, 3), new Rate(0.000_01, NOTED));
    orchestrator =
        Orchestrator.start(
            OrchestratorConfig.of(
                stack.kafka(),
                stack.store(),
                HttpSettings.of(
                    "127.0.0.1",
                    0,
                    AccessSettings.required(ADMIN)
                        .withLimits(limits)
                        .withMetricsToken(Optional.of(METRICS)))),
            Clock.systemUTC());
    TestStack.await("a leader", orchestrator::ready);
    client = new ApiClient(orchestrator.address());
  }

  @AfterAll
  static void stop() {
    if (orchestrator != null) {
      orchestrator.close();
    }
    stack.close();
  }

  private static HttpResponse<byte[]> get(String path, String token) {
    HttpRequest.Builder request = client.request(path);
    return client.send(
        token.isEmpty() ? request : request.header("Authorization", "Bearer " + token));
  }

  private static int signIn() {
    return client
        .send(
            client
                .request("/api/v1/session")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{\"token\": \"" + GUESS + "\"}")))
        .statusCode();
  }

  @Test
  void whoIsRefusedIsNotedWithinABoundAndTheLimitsAreThoseThatWereSet() {
    assertThat(get("/api/v1/caller", "").statusCode()).isEqualTo(401);
    for (int i = 0; i < 30; i++) {
      assertThat(get("/api/v1/experiments/number-" + i, i % 2 == 0 ? GUESS : "").statusCode())
          .isEqualTo(401);
    }
    List<JsonNode> noted = new ArrayList<>();
    TestStack.await("what is noted of the refused", () -> noted(noted) >= NOTED);
    for (int i = 0; i < 3; i++) {
      assertThat(signIn()).isEqualTo(401);
    }
    assertThat(signIn()).isEqualTo(429);
    TestStack.await("what is noted of the sign-ins", () -> noted(noted) >= NOTED + 3);
    assertThat(noted).hasSize(NOTED + 3);
    assertThat(noted.toString()).doesNotContain(GUESS).doesNotContain("/caller");
    for (int i = 0; i < NOTED; i++) {
      JsonNode one = noted.get(NOTED + 2 - i);
      assertThat(one.path("operation").asText()).isEqualTo("refused");
      assertThat(one.path("caller").asText()).isEqualTo("anonymous");
      assertThat(one.path("status").asInt()).isEqualTo(401);
      assertThat(one.path("target").asText()).isEqualTo("/api/v1/experiments/number-" + i);
      assertThat(one.path("from").asText()).isEqualTo("127.0.0.1");
    }
    assertThat(noted.get(0).path("operation").asText()).isEqualTo("signIn");
    assertThat(get("/api/v1/caller", METRICS).statusCode()).as("the meters' token").isEqualTo(401);
  }

  private static int noted(List<JsonNode> noted) {
    noted.clear();
    ApiClient.json(get("/api/v1/audit?limit=100", ADMIN)).path("items").forEach(noted::add);
    return noted.size();
  }

  @Test
  void metersAreShownToWhoShowsTheirToken() {
    for (String other : List.of("", GUESS, ADMIN, METRICS + "0")) {
      HttpResponse<byte[]> refused = get("/metrics", other);
      assertThat(refused.statusCode()).as(other).isEqualTo(401);
      assertThat(refused.headers().firstValue("WWW-Authenticate")).isPresent();
      assertThat(new String(refused.body(), StandardCharsets.UTF_8)).doesNotContain("fewstep_");
    }
    HttpResponse<byte[]> shown = get("/metrics", METRICS);
    assertThat(shown.statusCode()).isEqualTo(200);
    assertThat(new String(shown.body(), StandardCharsets.UTF_8)).contains("fewstep_");
    assertThat(get("/readyz", "").statusCode()).isEqualTo(200);
  }
}
