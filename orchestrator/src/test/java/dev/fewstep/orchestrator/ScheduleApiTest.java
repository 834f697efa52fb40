package dev.fewstep.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.ExperimentSpecs;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Schedules over HTTP, with a real log and the broker's time. */
class ScheduleApiTest {
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

  private static ObjectNode body(String cron, String zone) {
    ObjectNode body = Json.messages().createObjectNode().put("cron", cron).put("zone", zone);
    body.set(
        "experiment",
        Json.toTree(ExperimentSpecs.parse("s.yaml", ApiClient.SPEC.replace("NAME", "again"))));
    return body;
  }

  private static HttpResponse<byte[]> send(String method, String path, String body) {
    UUID key = UUID.randomUUID();
    HttpResponse<byte[]> response;
    do {
      response =
          client.send(
              client
                  .request("/api/v1/schedules/" + path)
                  .header("Content-Type", "application/json")
                  .header("Idempotency-Key", key.toString())
                  .header("Fewstep-User", "ann")
                  .method(method, BodyPublishers.ofString(body)));
    } while (response.statusCode() == 202);
    return response;
  }

  private static JsonNode accepted(String method, String path, String body) {
    HttpResponse<byte[]> response = send(method, path, body);
    assertThat(response.statusCode())
        .as(new String(response.body(), StandardCharsets.UTF_8))
        .isIn(200, 201);
    return ApiClient.json(response);
  }

  private static JsonNode refused(int status, String method, String path, String body) {
    HttpResponse<byte[]> response = send(method, path, body);
    assertThat(response.statusCode()).isEqualTo(status);
    return ApiClient.json(response);
  }

  @Test
  void isSetShownPausedResumedRunAndDeleted() {
    ObjectNode body = body("0 2 * * *", "Europe/Berlin");
    for (int i = 0; i < 2; i++) {
      JsonNode set = accepted("PUT", "nightly", body.toString());
      assertThat(set.path("nextSlots")).hasSize(3);
    }
    JsonNode shown = client.read("/api/v1/schedules/nightly");
    assertThat(shown.path("setBy").asText()).isEqualTo("ann");
    assertThat(shown.path("retention").asInt()).isEqualTo(30);
    assertThat(shown.path("catchUp").path("policy").asText()).isEqualTo("LATEST");
    for (JsonNode slot : shown.path("nextSlots")) {
      OffsetDateTime at = OffsetDateTime.parse(slot.asText());
      assertThat(at.getHour()).as("in its zone").isEqualTo(2);
      assertThat(at.getOffset()).isNotEqualTo(ZoneOffset.UTC);
    }
    assertThat(shown.path("experiment").path("kind").asText()).isEqualTo("Experiment");

    accepted("POST", "nightly:pause", "");
    assertThat(client.read("/api/v1/schedules/nightly").path("nextSlots")).isEmpty();
    assertThat(client.read("/api/v1/schedules/nightly").has("pausedAt")).isTrue();
    accepted("POST", "nightly:resume", "");
    JsonNode run = accepted("POST", "nightly:run", "");
    assertThat(run.path("trials").asInt()).isEqualTo(2);
    String id = run.path("id").asText();
    assertThat(client.read("/api/v1/experiments/" + id).path("submittedBy").asText())
        .isEqualTo("schedule/nightly");
    JsonNode listed = client.read("/api/v1/schedules").path("items");
    assertThat(listed.findValuesAsText("name")).contains("nightly");
    assertThat(client.read("/api/v1/schedules/nightly").path("runs"))
        .singleElement()
        .matches(
            one -> one.path("asked").asBoolean() && one.path("experimentId").asText().equals(id));

    accepted("DELETE", "nightly", "");
    assertThat(client.get("/api/v1/schedules/nightly").statusCode()).isEqualTo(404);
    assertThat(refused(409, "DELETE", "nightly", "").path("detail").asText())
        .isEqualTo("there is no schedule nightly");
  }

  @Test
  void whatIsWrongIsRefusedByField() {
    assertThat(
            refused(409, "PUT", "s", body("0 25 * * *", "UTC").toString())
                .at("/errors/0/path")
                .asText())
        .isEqualTo("cron");
    assertThat(
            refused(409, "PUT", "s", body("0 2 * * *", "Mars").toString()).path("detail").asText())
        .contains("'Mars' is no time zone");
    assertThat(
            refused(422, "PUT", "s", body("0 2 * * *", "UTC").put("retention", 0).toString())
                .path("detail")
                .asText())
        .contains("retention must be 1 to 1000, not 0");
    assertThat(refused(422, "PUT", "s", "{\"cron\": \"0 2 * * *\"}").path("detail").asText())
        .contains("experiment");
    assertThat(
            refused(422, "PUT", "s", body("0 2 * * *", "UTC").put("crom", 1).toString())
                .at("/errors/0/nearest")
                .asText())
        .isEqualTo("cron");
    ObjectNode often = body("0 2 * * *", "UTC");
    often.putObject("catchUp").put("policy", "sometimes");
    assertThat(refused(422, "PUT", "s", often.toString()).path("detail").asText())
        .contains("SKIP, LATEST, ALL");
  }

  @Test
  void itsSlotsAreRunAndWhatIsMoreThanItKeepsIsArchived() throws Exception {
    ObjectNode body = body("* * * * * *", "UTC").put("retention", 1);
    // With a result for all of them to share, each ends at once.
    try (TopicReader topics = new TopicReader(stack.kafka());
        ObjectStore store = new ObjectStore(stack.store());
        ScriptedWorker worker = new ScriptedWorker(topics, store)) {
      accepted("PUT", "often", body.toString());
      TestStack.await(
          "three runs",
          () -> {
            var unused = worker.one();
            return client.read("/api/v1/schedules/often").path("runs").size() >= 3;
          });
      accepted("POST", "often:pause", "");
      TestStack.await(
          "all but the last is archived",
          () -> {
            var unused = worker.one();
            int archived = 0;
            JsonNode runs = client.read("/api/v1/schedules/often").path("runs");
            for (JsonNode run : runs) {
              archived += run.path("state").asText().equals("ARCHIVED") ? 1 : 0;
            }
            return archived == runs.size() - 1;
          });
    }
    JsonNode runs = client.read("/api/v1/schedules/often").path("runs");
    assertThat(runs.path(0).path("state").asText()).isEqualTo("SUCCEEDED");
    for (JsonNode run : runs) {
      String slot = run.path("slot").asText();
      assertThat(run.path("experimentId").asText())
          .isEqualTo("often-" + slot.replaceAll("[-:]", "").toLowerCase(Locale.ROOT));
    }
    accepted("DELETE", "often", "");
  }
}
