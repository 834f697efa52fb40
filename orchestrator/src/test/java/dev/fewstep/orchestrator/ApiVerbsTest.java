package dev.fewstep.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The verbs of experiments over HTTP: what they answer, and what they refuse. No worker runs. */
class ApiVerbsTest {
  private static TestStack stack;
  private static Orchestrator orchestrator;
  private static ApiClient client;

  @BeforeAll
  static void start() {
    stack = new TestStack();
    orchestrator = Orchestrator.start(stack.config());
    TestStack.await("a leader", orchestrator::ready);
    client = new ApiClient(orchestrator.address());
    client.importInputs();
  }

  @AfterAll
  static void stop() {
    if (orchestrator != null) {
      orchestrator.close();
    }
    stack.close();
  }

  private static String spec(String name) {
    return ApiClient.SPEC.replace("NAME", name);
  }

  private static String submitted(String name) {
    return ApiClient.json(client.submit(spec(name), UUID.randomUUID())).path("id").asText();
  }

  private static HttpResponse<byte[]> ask(String id, String verb, String body, UUID key) {
    return send(id, verb, "application/json", body, key);
  }

  private static HttpResponse<byte[]> send(
      String id, String verb, String type, String body, UUID key) {
    HttpResponse<byte[]> response;
    do {
      response =
          client.send(
              client
                  .request("/api/v1/experiments/" + id + ":" + verb)
                  .header("Content-Type", type)
                  .header("Idempotency-Key", key.toString())
                  .POST(BodyPublishers.ofString(body)));
    } while (response.statusCode() == 202);
    return response;
  }

  private static JsonNode accepted(String id, String verb, String body) {
    HttpResponse<byte[]> response = ask(id, verb, body, UUID.randomUUID());
    assertThat(response.statusCode())
        .as(new String(response.body(), StandardCharsets.UTF_8))
        .isIn(200, 201);
    return ApiClient.json(response);
  }

  private static JsonNode refused(int status, String id, String verb, String body) {
    HttpResponse<byte[]> response = ask(id, verb, body, UUID.randomUUID());
    assertThat(response.statusCode()).isEqualTo(status);
    return ApiClient.json(response);
  }

  private static JsonNode experiment(String id) {
    return client.read("/api/v1/experiments/" + id);
  }

  @Test
  void pausingAndResumingAreSeenAndMayBeRepeated() {
    String id = submitted("paused");
    for (int i = 0; i < 2; i++) {
      JsonNode paused = accepted(id, "pause", "{\"handBack\": true}");
      assertThat(paused.path("id").asText()).isEqualTo(id);
      assertThat(paused.path("handedBack").asInt(-1)).isZero();
      assertThat(experiment(id).path("state").asText()).isEqualTo("PAUSED");
    }
    String since = experiment(id).path("pausedAt").asText();
    accepted(id, "pause", "{}");
    assertThat(experiment(id).path("pausedAt").asText()).isEqualTo(since);
    accepted(id, "resume", "");
    accepted(id, "resume", "");
    assertThat(experiment(id).path("state").asText()).isEqualTo("RUNNING");
    assertThat(experiment(id).has("pausedAt")).isFalse();

    accepted(id, "cancel", "");
    assertThat(refused(409, id, "pause", "").path("detail").asText()).contains("CANCELLED");
    assertThat(refused(409, id, "resume", "").path("detail").asText()).contains("CANCELLED");
    assertThat(refused(409, id, "retry", "").path("detail").asText()).contains("clone it instead");
  }

  @Test
  void aRepeatedKeyHasTheOutcomeOfTheFirst() {
    String id = submitted("keyed");
    UUID key = UUID.randomUUID();
    HttpResponse<byte[]> first = ask(id, "extend", "{\"iterations\": 10}", key);
    HttpResponse<byte[]> second = ask(id, "extend", "{\"iterations\": 10}", key);
    assertThat(first.statusCode()).isEqualTo(201);
    assertThat(ApiClient.json(second).path("id")).isEqualTo(ApiClient.json(first).path("id"));
  }

  @Test
  void whatIsNoVerbNoExperimentOrNoFieldIsRefusedByName() {
    String id = submitted("refused");
    assertThat(ask(id, "pasue", "", UUID.randomUUID()).statusCode()).isEqualTo(400);
    String typo = id.replace("refused", "refsued");
    JsonNode unknown = refused(409, typo, "pause", "");
    assertThat(unknown.path("errors").path(0).path("nearest").asText()).isEqualTo(id);
    HttpResponse<byte[]> missing = client.get("/api/v1/experiments/" + typo);
    assertThat(new String(missing.body(), StandardCharsets.UTF_8)).contains("did you mean " + id);

    JsonNode field = refused(422, id, "pause", "{\"handback\": true}");
    assertThat(field.path("errors").path(0).path("nearest").asText()).isEqualTo("handBack");
    assertThat(refused(400, id, "pause", "{").path("detail").asText()).contains("no JSON");
    assertThat(refused(400, id, "pause", "[]").path("detail").asText()).contains("JSON object");
    assertThat(refused(422, id, "pause", "{\"handBack\": 1}").path("detail").asText())
        .contains("true or false");
    assertThat(refused(422, id, "set", "{\"priority\": \"high\"}").path("detail").asText())
        .contains("priority must be an integer");
    assertThat(refused(422, id, "extend", "{}").path("errors").path(0).path("path").asText())
        .isEqualTo("iterations");
    assertThat(
            client
                .send(
                    client
                        .request("/api/v1/experiments/" + id + ":pause")
                        .header("Idempotency-Key", "mine")
                        .POST(BodyPublishers.noBody()))
                .statusCode())
        .isEqualTo(400);
  }

  @Test
  void thePolicyInForceIsShown() {
    String id = submitted("policy");
    assertThat(experiment(id).path("policy").path("priority").asInt()).isEqualTo(50);
    accepted(id, "set", "{\"priority\": 90}");
    accepted(id, "set", "{\"maxParallel\": 2}");
    assertThat(experiment(id).path("policy").path("priority").asInt()).isEqualTo(90);
    assertThat(experiment(id).path("policy").path("maxParallel").asInt()).isEqualTo(2);
    JsonNode wrong = refused(409, id, "set", "{\"priority\": 101}");
    assertThat(wrong.path("errors").path(0).path("expected").asText()).isEqualTo("0 to 100");
    assertThat(refused(409, id, "set", "{}").path("detail").asText()).contains("no change");
  }

  @Test
  void nothingThatFailedIsNothingToRetry() {
    assertThat(accepted(submitted("retried"), "retry", "").path("tasks").asInt(-1)).isZero();
  }

  @Test
  void aSpecificationIsServedAsItCanBeSubmittedAgain() {
    String id = submitted("served");
    JsonNode json = client.read("/api/v1/experiments/" + id + "/spec");
    assertThat(json.path("metadata").path("name").asText()).isEqualTo("served");
    HttpResponse<byte[]> yaml = client.get("/api/v1/experiments/" + id + "/spec?format=yaml");
    assertThat(yaml.headers().firstValue("Content-Type")).contains("application/yaml");
    String text = new String(yaml.body(), StandardCharsets.UTF_8);
    assertThat(text).contains("    sampling.steps: [4, 5]");
    String again = ApiClient.json(client.submit(text, UUID.randomUUID())).path("id").asText();
    assertThat(client.read("/api/v1/experiments/" + again + "/spec")).isEqualTo(json);
  }

  @Test
  void anExtensionSaysWhereItsFinetunesBegin() {
    String id = submitted("long");
    JsonNode dry =
        ApiClient.json(ask(id, "extend?dryRun=true", "{\"iterations\": 50}", UUID.randomUUID()));
    assertThat(dry.has("id")).isFalse();
    assertThat(dry.path("spec").path("spec").path("base").path("training").path("iterations"))
        .hasToString("100");
    assertThat(dry.path("plan").path("finetunes").path("fromStart").asInt())
        .as("nothing ran: there is no checkpoint")
        .isEqualTo(2);
    JsonNode longer = accepted(id, "extend", "{\"iterations\": 50}");
    assertThat(longer.path("extends").asText()).isEqualTo(id);
    assertThat(longer.path("trials").asInt()).isEqualTo(2);
    JsonNode lineage = experiment(longer.path("id").asText()).path("lineage");
    assertThat(lineage.path("kind").asText()).isEqualTo("EXTENDS");
    assertThat(accepted(id, "extend", "{\"iterations\": 50}").path("id"))
        .as("the same extension is there already")
        .isEqualTo(longer.path("id"));
  }

  @Test
  void aReplacementSaysWhatItKeepsAndWithdraws() {
    String id = submitted("set");
    String other = spec("set").replace("[4, 5]", "[5, 6, 7]");
    HttpResponse<byte[]> response =
        send(id, "resubmit", "application/yaml", other, UUID.randomUUID());
    JsonNode replaced = ApiClient.json(response);
    assertThat(response.statusCode()).isEqualTo(201);
    JsonNode trials = replaced.path("plan").path("change").path("trials");
    assertThat(trials.path("kept").asInt()).isEqualTo(1);
    assertThat(trials.path("new").asInt()).isEqualTo(2);
    assertThat(trials.path("withdrawn").asInt()).isEqualTo(1);
    JsonNode finetunes = replaced.path("plan").path("change").path("byKind").path("FINETUNE");
    assertThat(finetunes.path("withdrawn").asInt()).isEqualTo(1);
    TestStack.await(
        "the old one's end", () -> experiment(id).path("state").asText().equals("CANCELLED"));
    assertThat(experiment(id).path("replacedBy")).isEqualTo(replaced.path("id"));

    HttpResponse<byte[]> stale =
        send(id, "resubmit", "application/yaml", spec("set"), UUID.randomUUID());
    assertThat(stale.statusCode()).isEqualTo(409);
    assertThat(ApiClient.json(stale).path("errors").path(0).path("nearest"))
        .isEqualTo(replaced.path("id"));
    assertThat(send(id, "resubmit", "text/plain", other, UUID.randomUUID()).statusCode())
        .isEqualTo(415);
  }

  @Test
  void aCloneIsValidatedLikeASubmission() {
    String id = submitted("cloned");
    JsonNode made =
        accepted(
            id,
            "clone",
            "{\"name\": \"other\", \"set\": {\"loss.kernel\": \"rbf\"},"
                + " \"addAxes\": {\"training.learningRate\": [1e-5, 2e-5]},"
                + " \"addValues\": {\"sampling.steps\": [5, 6]}}");
    assertThat(made.path("id").asText()).startsWith("other-");
    assertThat(made.path("trials").asInt()).isEqualTo(6);
    JsonNode wrong = refused(422, id, "clone", "{\"set\": {\"loss.kernal\": \"rbf\"}}");
    assertThat(wrong.path("errors").path(0).path("nearest").asText()).isEqualTo("loss.kernel");
    JsonNode lost = refused(422, id, "clone", "{\"set\": {\"data.train\": \"trian\"}}");
    assertThat(lost.path("errors").path(0).path("nearest").asText()).isEqualTo("train");
    assertThat(refused(404, "none-12345678", "clone", "{}").path("detail").asText())
        .contains("no experiment none-12345678");
  }
}
