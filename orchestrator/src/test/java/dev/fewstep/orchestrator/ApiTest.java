package dev.fewstep.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.MetricBatch;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ApiTest {
  private static TestStack stack;
  private static Orchestrator orchestrator;
  private static ApiClient client;
  private static TopicReader topics;

  @BeforeAll
  static void start() {
    stack = new TestStack();
    orchestrator = Orchestrator.start(stack.config());
    TestStack.await("a leader", orchestrator::ready);
    client = new ApiClient(orchestrator.address());
    topics = new TopicReader(stack.kafka());
    client.importInputs();
  }

  @AfterAll
  static void stop() {
    if (topics != null) {
      topics.close();
    }
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

  @Test
  void a_submission_has_an_id_and_is_there_for_whoever_asks_for_its_offset() {
    UUID key = UUID.randomUUID();
    HttpResponse<byte[]> created = client.submit(spec("first"), key);

    assertThat(created.statusCode()).isEqualTo(201);
    JsonNode body = ApiClient.json(created);
    assertThat(body.path("id").asText()).isEqualTo("first-" + key.toString().substring(0, 8));
    assertThat(body.path("trials").asInt()).isEqualTo(2);
    String offset = created.headers().firstValue("Fewstep-State-Offset").orElseThrow();
    JsonNode read =
        client.read("/api/v1/experiments/" + body.path("id").asText() + "?atLeast=" + offset);
    assertThat(read.path("spec").path("metadata").path("name").asText()).isEqualTo("first");
    assertThat(read.path("submittedBy").asText()).isEqualTo("anonymous");
  }

  @Test
  void an_offset_that_does_not_come_is_waited_for_a_bounded_time_on_every_read() {
    String id = submitted("patient");
    JsonNode tasks = client.read("/api/v1/tasks?experiment=" + id);
    String task = tasks.path("items").path(0).path("key").asText("0".repeat(64));
    long far = 1_000_000_000_000L;
    List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
    for (String read :
        List.of(
            "/experiments",
            "/experiments/" + id,
            "/experiments/" + id + "/trials",
            "/experiments/" + id + "/leaderboard",
            "/experiments/" + id + "/base",
            "/tasks?experiment=" + id,
            "/tasks/" + task,
            "/tasks/" + task + "/explain",
            "/tasks/" + task + "/curve",
            "/inputs",
            "/workers",
            "/commands/" + UUID.randomUUID())) {
      String path = "/api/v1" + read + (read.contains("?") ? "&" : "?") + "atLeast=" + far;
      answers.add(
          client.http().sendAsync(client.request(path).build(), BodyHandlers.ofByteArray()));
    }
    for (CompletableFuture<HttpResponse<byte[]>> answer : answers) {
      HttpResponse<byte[]> late = answer.join();
      assertThat(late.statusCode()).as(late.uri().toString()).isEqualTo(504);
      assertThat(late.headers().firstValue("Content-Type")).hasValue("application/problem+json");
      assertThat(late.headers().firstValueAsLong("Fewstep-State-Offset")).isPresent();
      assertThat(ApiClient.json(late).path("detail").asText()).contains(Long.toString(far));
    }
  }

  @Test
  void a_refusal_carries_the_offset_too() {
    HttpResponse<byte[]> missing = client.get("/api/v1/experiments/none-00000000");

    assertThat(missing.statusCode()).isEqualTo(404);
    assertThat(missing.headers().firstValueAsLong("Fewstep-State-Offset")).isPresent();
  }

  @Test
  void the_same_idempotency_key_submits_once() {
    UUID key = UUID.randomUUID();
    JsonNode first = ApiClient.json(client.submit(spec("twice"), key));
    JsonNode second = ApiClient.json(client.submit(spec("twice"), key));

    assertThat(second).isEqualTo(first);
    long same = 0;
    for (JsonNode item : client.read("/api/v1/experiments?limit=1000").path("items")) {
      same += item.path("name").asText().equals("twice") ? 1 : 0;
    }
    assertThat(same).isEqualTo(1);
    assertThat(client.read("/api/v1/commands/" + key).path("accepted").asBoolean()).isTrue();
  }

  @Test
  void a_wrong_specification_is_refused_with_its_line_and_the_nearest_name() {
    String wrong = spec("wrong").replace("loss:", "lass:");
    HttpResponse<byte[]> refused = client.submit(wrong, UUID.randomUUID());

    assertThat(refused.statusCode()).isEqualTo(422);
    assertThat(refused.headers().firstValue("Content-Type")).contains("application/problem+json");
    JsonNode error = ApiClient.json(refused).path("errors").path(0);
    assertThat(error.path("path").asText()).isEqualTo("spec.base.lass");
    assertThat(error.path("line").asInt()).isEqualTo(8);
    assertThat(error.path("nearest").asText()).isEqualTo("loss");
  }

  @Test
  void an_unknown_input_is_rejected_by_the_decision_and_named() {
    String wrong = spec("lost").replace("weights: ddpm", "weights: ddpn");
    HttpResponse<byte[]> rejected = client.submit(wrong, UUID.randomUUID());

    assertThat(rejected.statusCode()).isEqualTo(409);
    JsonNode error = ApiClient.json(rejected).path("errors").path(0);
    assertThat(error.path("path").asText()).isEqualTo("spec.base.model.weights");
    assertThat(error.path("nearest").asText()).isEqualTo("ddpm");
  }

  @Test
  void what_is_not_there_is_not_found_and_what_breaks_the_contract_is_a_bad_request() {
    String nowhere = "0".repeat(64);
    assertThat(client.get("/api/v1/experiments/none").statusCode()).isEqualTo(404);
    assertThat(client.get("/api/v1/tasks/" + nowhere).statusCode()).isEqualTo(404);
    assertThat(client.get("/api/v1/artifacts/" + nowhere).statusCode()).isEqualTo(404);
    assertThat(client.get("/api/v1/nothing").statusCode()).isEqualTo(404);
    assertThat(client.get("/api/v1/artifacts/..%2f..%2fpasswd").statusCode()).isEqualTo(400);
    assertThat(client.get("/api/v1/experiments?limit=1001").statusCode()).isEqualTo(400);
    assertThat(client.get("/api/v1/tasks").statusCode()).isEqualTo(400);
    HttpResponse<byte[]> plain =
        client.send(
            client
                .request("/api/v1/experiments")
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofString(spec("plain"))));
    assertThat(plain.statusCode()).isEqualTo(415);
    HttpResponse<byte[]> large =
        client.send(
            client
                .request("/api/v1/experiments")
                .header("Content-Type", "application/yaml")
                .POST(BodyPublishers.ofString("#".repeat((1 << 20) + 1))));
    assertThat(large.statusCode()).isEqualTo(413);
  }

  @Test
  void an_upload_is_stored_under_its_digest_and_streamed_back() {
    byte[] content = ("PK" + "0123456789".repeat(100_000)).getBytes(StandardCharsets.UTF_8);
    HttpResponse<byte[]> stored = client.upload("large", "DATASET", content);

    assertThat(stored.statusCode()).isEqualTo(201);
    String sha256 = ApiClient.json(stored).path("artifact").path("sha256").asText();
    assertThat(sha256).isEqualTo(Digests.sha256Hex(content));
    HttpResponse<byte[]> back = client.get("/api/v1/artifacts/" + sha256 + "?name=../large.npz");
    assertThat(back.body()).isEqualTo(content);
    assertThat(back.headers().firstValue("Content-Disposition"))
        .contains("attachment; filename=\".._large.npz\"");
    HttpResponse<byte[]> again =
        client.send(
            client
                .request("/api/v1/artifacts/" + sha256)
                .header("If-None-Match", '"' + sha256 + '"'));
    assertThat(again.statusCode()).isEqualTo(304);
  }

  @Test
  void an_upload_of_another_format_is_refused() {
    HttpResponse<byte[]> refused =
        client.upload("pickle", "WEIGHTS", "\u0080\u0002ckeras\n".getBytes(StandardCharsets.UTF_8));

    assertThat(refused.statusCode()).isEqualTo(422);
    assertThat(ApiClient.json(refused).path("detail").asText()).contains(".safetensors");
  }

  @Test
  void a_plan_says_what_a_submission_would_run() {
    HttpResponse<byte[]> plan =
        client.send(
            client
                .request("/api/v1/experiments:plan")
                .header("Content-Type", "application/yaml")
                .POST(BodyPublishers.ofString(spec("plan").replace("[4, 5]", "[7, 8, 9]"))));

    assertThat(plan.statusCode()).isEqualTo(200);
    JsonNode body = ApiClient.json(plan);
    assertThat(body.path("trials").asInt()).isEqualTo(3);
    assertThat(body.path("byKind").path("FINETUNE").path("new").asInt()).isEqualTo(3);
    assertThat(body.path("byKind").path("EVALUATE").path("new").asInt()).isBetween(6, 7);
  }

  @Test
  void trials_are_paged_by_index_and_a_cancelled_experiment_says_so() {
    String id = submitted("paged");
    TestStack.await(
        "planned", () -> client.read("/api/v1/experiments/" + id).path("planned").asInt() == 2);
    JsonNode first = client.read("/api/v1/experiments/" + id + "/trials?limit=1");
    JsonNode second =
        client.read(
            "/api/v1/experiments/" + id + "/trials?limit=1&after=" + first.path("next").asText());

    assertThat(first.path("items").path(0).path("values").path("sampling.steps").asInt())
        .isEqualTo(4);
    assertThat(second.path("items").path(0).path("index").asInt()).isEqualTo(1);
    assertThat(second.path("items").path(0).path("name").asText()).isEqualTo(id + "/1");

    HttpResponse<byte[]> cancelled =
        client.send(
            client.request("/api/v1/experiments/" + id + ":cancel").POST(BodyPublishers.noBody()));
    assertThat(cancelled.statusCode()).isEqualTo(200);
    assertThat(client.read("/api/v1/experiments/" + id).path("state").asText())
        .isEqualTo("CANCELLED");
  }

  @Test
  @SuppressWarnings("try")
  void a_worker_gets_a_task_and_events_tell_of_it() throws Exception {
    HttpResponse<InputStream> stream =
        client.http().send(client.request("/api/v1/events").build(), BodyHandlers.ofInputStream());
    assertThat(stream.headers().firstValue("Content-Type")).contains("text/event-stream");
    UUID worker = UUID.randomUUID();
    try (TopicReader.Present idle = topics.idle(worker, "test-class");
        BufferedReader events =
            new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
      assertThat(next(events, "\"deviceClass\":\"test-class\"")).contains("\"entity\":\"worker\"");
      String id =
          ApiClient.json(
                  client.submit(
                      spec("events")
                          + "  resources: {deviceClass: test-class}\n"
                          + "  policy: {cache: false}\n",
                      UUID.randomUUID()))
              .path("id")
              .asText();
      assertThat(next(events, id)).contains("\"entity\":");
      TestStack.await(
          "a task",
          () -> !topics.committed(Topics.tasks("test-class"), TaskMessage.class).isEmpty());
      TaskMessage task = topics.committed(Topics.tasks("test-class"), TaskMessage.class).get(0);
      UUID execution = UUID.randomUUID();
      topics.report(
          new Report.Started(Instant.now(), task.taskKey(), task.attempt(), execution, worker));
      topics.metrics(
          new MetricBatch(
              task.taskKey(),
              1,
              execution,
              Instant.now(),
              List.of(new MetricBatch.Point("loss", 3, 0.25)),
              List.of("12:00 goes on")));
      assertThat(next(events, "\"points\"")).contains(task.taskKey()).contains("0.25");
      JsonNode curve = client.read("/api/v1/tasks/" + task.taskKey() + "/curve");
      assertThat(curve.path("points").path(0).path("step").asInt()).isEqualTo(3);
      TestStack.await(
          "running",
          () ->
              client
                  .read("/api/v1/tasks/" + task.taskKey())
                  .path("state")
                  .asText()
                  .equals("RUNNING"));
      assertThat(client.read("/api/v1/tasks/" + task.taskKey()).at("/log/0").asText())
          .isEqualTo("12:00 goes on");
      JsonNode explained = client.read("/api/v1/tasks/" + task.taskKey() + "/explain");
      assertThat(explained.path("reasons").path(0).path("code").asText()).isEqualTo("RUNNING");
    }
  }

  private static String next(BufferedReader events, String wanted) throws IOException {
    for (String line = events.readLine(); line != null; line = events.readLine()) {
      if (line.startsWith("data:") && line.contains(wanted)) {
        return line;
      }
    }
    throw new AssertionError("the stream ended before " + wanted);
  }

  @Test
  void the_contract_the_schema_the_page_and_the_meters_are_served() {
    assertThat(client.read("/api/v1/openapi.json").path("openapi").asText()).isEqualTo("3.1.0");
    assertThat(new String(client.get("/api/v1/openapi.yaml").body(), StandardCharsets.UTF_8))
        .startsWith("openapi: 3.1.0");
    assertThat(client.read("/api/v1/schema").path("$schema").asText()).contains("2020-12");
    HttpResponse<byte[]> page = client.get("/");
    assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
        .contains("default-src 'self'")
        .contains("'sha256-")
        .doesNotContain("unsafe");
    assertThat(client.get("/app.js").headers().firstValue("Content-Type").orElseThrow())
        .startsWith("text/javascript");
    assertThat(new String(client.get("/metrics").body(), StandardCharsets.UTF_8))
        .contains("fewstep_leader 1.0")
        .containsPattern("fewstep_tasks\\{class=\"[^\"]+\",kind=\"finetune\",state=\"queued\"} ")
        .contains("fewstep_transaction_seconds_count");
  }

  @Test
  void pages_of_other_sites_reach_nothing() throws IOException {
    assertThat(raw("GET /api/v1/inputs HTTP/1.1\r\nHost: evil.example\r\n\r\n")).contains(" 403 ");
    HttpResponse<byte[]> foreign =
        client.send(
            client
                .request("/api/v1/experiments")
                .header("Origin", "http://evil.example")
                .header("Content-Type", "application/yaml")
                .POST(BodyPublishers.ofString(spec("foreign"))));
    assertThat(foreign.statusCode()).isEqualTo(403);
  }

  private static String raw(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), orchestrator.port())) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      return new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
          .readLine();
    }
  }
}
