package dev.fewstep.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.orchestrator.care.CommittedState;
import dev.fewstep.orchestrator.care.Doctor;
import dev.fewstep.orchestrator.care.DoctorParts;
import dev.fewstep.orchestrator.care.DoctorReport;
import dev.fewstep.orchestrator.care.Finding;
import dev.fewstep.orchestrator.experiment.Settings;
import dev.fewstep.orchestrator.log.ClusterProbe;
import dev.fewstep.orchestrator.log.CurrentState;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.orchestrator.log.TopicSetup;
import dev.fewstep.orchestrator.ops.OrchestratorMetrics;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.Report;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Breaks a running installation, thing by thing, and asks what is wrong. */
class DoctorTest {
  private static TestStack stack;
  private static TopicReader topics;
  private static Admin admin;

  @BeforeAll
  static void start() {
    stack = new TestStack();
    topics = new TopicReader(stack.kafka());
    admin = Admin.create(Map.of("bootstrap.servers", stack.kafka().bootstrapServers()));
  }

  @AfterAll
  static void stop() {
    admin.close();
    topics.close();
    stack.close();
  }

  private static List<String> bad(JsonNode report) {
    List<String> checks = new ArrayList<>();
    report
        .path("findings")
        .forEach(
            finding -> {
              boolean busy = finding.path("check").asText().equals("store.latency");
              boolean disk = finding.path("check").asText().startsWith("disk");
              if (!finding.path("severity").asText().equals("OK") && !busy && !disk) {
                checks.add(finding.path("check").asText());
              }
            });
    return checks;
  }

  private static void set(ConfigResource.Type type, String name, String key, String value)
      throws Exception {
    admin
        .incrementalAlterConfigs(
            Map.of(
                new ConfigResource(type, name),
                List.of(new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET))))
        .all()
        .get();
  }

  private static JsonNode post(ApiClient client, String path, UUID key, String body) {
    HttpResponse<byte[]> response =
        client.send(
            client
                .request(path)
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key.toString())
                .POST(BodyPublishers.ofString(body)));
    assertThat(response.statusCode())
        .as(() -> new String(response.body(), StandardCharsets.UTF_8))
        .isIn(200, 202);
    return ApiClient.json(response);
  }

  private static JsonNode finished(ApiClient client, JsonNode job) {
    String path = "/api/v1/jobs/" + job.path("jobId").asText();
    TestStack.await(
        "the job's end", () -> !client.read(path).path("state").asText().equals("RUNNING"));
    JsonNode end = client.read(path);
    assertThat(end.path("state").asText()).as(end.toString()).isEqualTo("DONE");
    return end.path("result");
  }

  @Test
  @SuppressWarnings("try")
  void what_is_broken_is_found_and_what_can_be_repaired_is() throws Exception {
    try (Orchestrator orchestrator = Orchestrator.start(stack.config())) {
      TestStack.await("a leader", orchestrator::ready);
      ApiClient client = new ApiClient(orchestrator.address());
      client.importInputs();
      try (TopicReader.Present idle = topics.idle(UUID.randomUUID(), "cpu")) {
        TestStack.await(
            "the worker is known", () -> client.read("/api/v1/workers").path("items").size() > 0);
        JsonNode well = client.read("/api/v1/doctor");
        assertThat(bad(well)).as(well.toPrettyString()).isEmpty();

        set(ConfigResource.Type.TOPIC, Topics.CONTROL, "cleanup.policy", "delete");
        set(ConfigResource.Type.GROUP, "fewstep-cpu", "share.auto.offset.reset", "latest");
        admin.deleteTopics(List.of(Topics.METRICS)).all().get();
        JsonNode ill = client.read("/api/v1/doctor");
        assertThat(bad(ill))
            .as(ill.toPrettyString())
            .containsExactlyInAnyOrder("topic.config", "share-group.config", "topic.missing");
        assertThat(ill.path("worst").asText()).isEqualTo("ERROR");

        List<String> repairs = new ArrayList<>();
        ill.path("findings")
            .forEach(
                finding -> {
                  if (!finding.path("repair").asText().isEmpty()) {
                    repairs.add('"' + finding.path("repair").asText() + '"');
                  }
                });
        assertThat(repairs).hasSize(3);
        JsonNode done =
            post(
                client,
                "/api/v1/doctor:fix",
                UUID.randomUUID(),
                "{\"repairs\": [" + String.join(",", repairs) + ", \"make-topic:other\"]}");
        assertThat(done.path("items")).hasSize(4);
        assertThat(done.path("items").get(3).path("done").asBoolean()).isFalse();
        TestStack.await("all is well again", () -> bad(client.read("/api/v1/doctor")).isEmpty());

        UUID skewed = UUID.randomUUID();
        topics.report(
            new Report.Presence(
                Instant.now().plus(Duration.ofMinutes(10)),
                skewed,
                "cpu",
                "a clock that is ahead",
                1,
                Map.of(),
                Optional.empty(),
                true));
        byte[] train = "PK archive train".getBytes(StandardCharsets.UTF_8);
        try (ObjectStore store = new ObjectStore(stack.store())) {
          store.bucket().delete(ObjectStore.key(Digests.sha256Hex(train)));
        }
        JsonNode skew = client.read("/api/v1/doctor");
        assertThat(bad(skew)).containsExactlyInAnyOrder("clock.worker", "store.missing");

        JsonNode verified =
            finished(client, post(client, "/api/v1/artifacts:verify", UUID.randomUUID(), "{}"));
        assertThat(verified.path("damage")).as(verified.toString()).hasSize(1);
        assertThat(verified.path("damage").get(0).path("kind").asText()).isEqualTo("MISSING");
        assertThat(verified.path("damage").get(0).path("advice").asText())
            .isEqualTo("import the same file as train again");
        client.upload("train", "DATASET", train);
        assertThat(
                finished(client, post(client, "/api/v1/artifacts:verify", UUID.randomUUID(), "{}"))
                    .path("damage"))
            .isEmpty();
      }
    }
    DoctorReport alone = withoutServer();
    assertThat(alone.findings())
        .as(alone.toString())
        .filteredOn(finding -> finding.check().equals("leader.present"))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.severity()).isEqualTo(Finding.Severity.ERROR);
              assertThat(finding.fix()).contains("fewstep server");
            });
  }

  /** As the command line examines when no server answers. */
  private static DoctorReport withoutServer() {
    try (TopicSetup setup = new TopicSetup(stack.kafka(), Duration.ofSeconds(15));
        OrchestratorMetrics metrics = new OrchestratorMetrics();
        StateView view = StateView.start(stack.kafka(), metrics);
        CurrentState state = new CurrentState(stack.kafka(), view);
        ObjectStore store = new ObjectStore(stack.store())) {
      CommittedState committed = state;
      return new Doctor(
              new DoctorParts(
                  new ClusterProbe(setup),
                  store.bucket(),
                  committed,
                  Settings.defaults(),
                  Clock.systemUTC(),
                  "development",
                  List::of,
                  List.of()))
          .examine();
    }
  }

  @Test
  void a_collection_is_a_job_that_the_same_key_starts_once() throws Exception {
    try (Orchestrator orchestrator = Orchestrator.start(stack.config());
        ObjectStore store = new ObjectStore(stack.store())) {
      TestStack.await("a leader", orchestrator::ready);
      ApiClient client = new ApiClient(orchestrator.address());
      Artifact orphan = new Artifact(ArtifactKind.WEIGHTS, "o", 6, Digests.sha256Hex("orphan"));
      store.bucket().write(orphan.objectKey(), "orphan".getBytes(StandardCharsets.UTF_8));
      UUID key = UUID.randomUUID();
      JsonNode job = post(client, "/api/v1/artifacts:gc", key, "{\"delete\": true}");
      JsonNode result = finished(client, job);
      assertThat(result.path("young").asInt()).as("written just now").isPositive();
      assertThat(result.path("freed").asInt()).isZero();
      JsonNode again = post(client, "/api/v1/artifacts:gc", key, "{\"delete\": true}");
      assertThat(again.path("startedAt")).isEqualTo(job.path("startedAt"));
      assertThat(store.size(orphan.sha256())).isPresent();
      HttpResponse<byte[]> hasty =
          client.send(
              client
                  .request("/api/v1/artifacts:gc")
                  .header("Content-Type", "application/json")
                  .POST(BodyPublishers.ofString("{\"graceSeconds\": 5}")));
      assertThat(hasty.statusCode()).isEqualTo(422);
      HttpResponse<byte[]> vague =
          client.send(
              client
                  .request("/api/v1/artifacts:gc")
                  .header("Content-Type", "application/json")
                  .POST(BodyPublishers.ofString("{\"keepCheckpoints\": \"some\"}")));
      assertThat(vague.statusCode()).isEqualTo(422);
      assertThat(
              client
                  .send(
                      client
                          .request("/api/v1/artifacts:other")
                          .header("Content-Type", "application/json")
                          .POST(BodyPublishers.ofString("{}")))
                  .statusCode())
          .isEqualTo(404);
      assertThat(client.get("/api/v1/jobs/" + UUID.randomUUID()).statusCode()).isEqualTo(404);
      assertThat(client.read("/api/v1/jobs").path("items").size()).isPositive();
    }
  }
}
