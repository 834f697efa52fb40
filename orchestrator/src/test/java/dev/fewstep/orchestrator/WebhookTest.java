package dev.fewstep.orchestrator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.fewstep.orchestrator.webhook.WebhookSettings;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.ExperimentSpecs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A receiver is told of the end of a schedule's run, with a real log, by whoever leads. */
class WebhookTest {
  private static final String SECRET = "a secret of the test";

  private record Told(String delivery, String event, String signature, String body) {}

  private final List<Told> told = new CopyOnWriteArrayList<>();
  private volatile int answer = 204;
  private HttpServer receiver;
  private TestStack stack;
  private Orchestrator orchestrator;
  private ApiClient client;

  @BeforeEach
  void start() throws IOException {
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext("/", this::receive);
    receiver.start();
    stack = new TestStack();
    orchestrator = lead();
    client.importInputs();
  }

  private Orchestrator lead() {
    Orchestrator started =
        Orchestrator.start(
            stack.config().withWebhooks(new WebhookSettings(Set.of("127.0.0.1"), SECRET, true)));
    TestStack.await("a leader", started::ready);
    client = new ApiClient(started.address());
    return started;
  }

  private void receive(HttpExchange exchange) throws IOException {
    told.add(
        new Told(
            exchange.getRequestHeaders().getFirst("Fewstep-Delivery"),
            exchange.getRequestHeaders().getFirst("Fewstep-Event"),
            exchange.getRequestHeaders().getFirst("Fewstep-Signature"),
            new String(exchange.getRequestBody().readAllBytes(), UTF_8)));
    exchange.sendResponseHeaders(answer, -1);
    exchange.close();
  }

  @AfterEach
  void stop() {
    if (orchestrator != null) {
      orchestrator.close();
    }
    stack.close();
    receiver.stop(0);
  }

  private HttpResponse<byte[]> send(String method, String path, String body) {
    UUID key = UUID.randomUUID();
    HttpResponse<byte[]> response;
    do {
      response =
          client.send(
              client
                  .request("/api/v1/" + path)
                  .header("Content-Type", "application/json")
                  .header("Idempotency-Key", key.toString())
                  .method(method, BodyPublishers.ofString(body)));
    } while (response.statusCode() == 202);
    return response;
  }

  private JsonNode deliveries() {
    return client.read("/api/v1/schedules/told").path("deliveries");
  }

  private ObjectNode schedule(String webhook) {
    ObjectNode body =
        Json.messages()
            .createObjectNode()
            .put("cron", "0 2 29 2 *")
            .put("zone", "UTC")
            .put("webhook", webhook);
    body.set(
        "experiment",
        Json.toTree(ExperimentSpecs.parse("s.yaml", ApiClient.SPEC.replace("NAME", "told"))));
    return body;
  }

  /** What does not arrive is told by the next leader, under the same id. */
  @Test
  void itIsToldUntilItAnswersAndByTheNextLeaderToo() throws Exception {
    answer = 503;
    String address = "http://127.0.0.1:" + receiver.getAddress().getPort() + "/hook";
    assertThat(send("PUT", "schedules/told", schedule(address).toString()).statusCode())
        .isEqualTo(200);
    HttpResponse<byte[]> run = send("POST", "schedules/told:run", "");
    assertThat(run.statusCode()).isEqualTo(201);
    String id = ApiClient.json(run).path("id").asText();
    assertThat(send("POST", "experiments/" + id + ":cancel", "").statusCode()).isEqualTo(200);
    TestStack.await(
        "an attempt that failed is noted", () -> deliveries().path(0).path("attempts").asInt() > 0);
    assertThat(deliveries().path(0).path("problem").asText()).isEqualTo("it answered with 503");

    orchestrator.close();
    answer = 200;
    orchestrator = lead();
    TestStack.await("it is delivered", () -> deliveries().path(0).has("deliveredAt"));
    assertThat(deliveries()).hasSize(1);
    assertThat(told).hasSizeGreaterThanOrEqualTo(2).allSatisfy(each -> check(each, id));
    assertThat(told.stream().map(Told::delivery).distinct()).hasSize(1);
  }

  private static void check(Told each, String experiment) {
    assertThat(each.event()).isEqualTo("ended");
    assertThat(each.body())
        .contains("\"experimentId\":\"" + experiment + "\"")
        .contains("\"state\":\"CANCELLED\"")
        .contains(each.delivery());
    String[] parts = each.signature().split("[=,]");
    assertThat(parts).hasSize(4);
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(SECRET.getBytes(UTF_8), "HmacSHA256"));
      byte[] sum = mac.doFinal((parts[1] + "." + each.body()).getBytes(UTF_8));
      assertThat(parts[3]).isEqualTo(HexFormat.of().formatHex(sum));
    } catch (java.security.GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aHostThatMayNotBeToldIsRefusedWhenTheScheduleIsSet() {
    HttpResponse<byte[]> response =
        send("PUT", "schedules/told", schedule("https://elsewhere.example.org/x").toString());
    assertThat(response.statusCode()).isEqualTo(422);
    assertThat(ApiClient.json(response).at("/errors/0/path").asText()).isEqualTo("webhook");
    assertThat(ApiClient.json(response).path("detail").asText())
        .contains("elsewhere.example.org")
        .contains("FEWSTEP_WEBHOOK_HOSTS");
  }
}
