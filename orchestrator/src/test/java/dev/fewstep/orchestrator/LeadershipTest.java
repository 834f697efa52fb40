package dev.fewstep.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.log.LeaderStatus.Phase;
import dev.fewstep.orchestrator.log.TermListener;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.TaskMessage;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LeadershipTest {
  private static TestStack stack;
  private static TopicReader topics;

  @BeforeAll
  static void start() {
    stack = new TestStack();
    topics = new TopicReader(stack.kafka());
  }

  @AfterAll
  static void stop() {
    topics.close();
    stack.close();
  }

  private static OrchestratorConfig config() {
    OrchestratorConfig usual = stack.config();
    return new OrchestratorConfig(
        stack.kafka(Duration.ofSeconds(5)),
        usual.store(),
        usual.http(),
        usual.decisions(),
        usual.recordLock());
  }

  private static String spec(String name, String deviceClass) {
    return ApiClient.SPEC.replace("NAME", name)
        + "  resources: {deviceClass: "
        + deviceClass
        + "}\n"
        + "  policy: {cache: false}\n";
  }

  private static List<TaskMessage> published(String deviceClass) {
    return topics.committed(Topics.tasks(deviceClass), TaskMessage.class);
  }

  private static boolean leads(Orchestrator orchestrator) {
    return orchestrator.leadership().phase() == Phase.LEADING;
  }

  @Test
  @SuppressWarnings("try")
  void a_restarted_leader_goes_on_where_the_log_ends() {
    String id;
    List<TaskMessage> before;
    try (Orchestrator first = Orchestrator.start(config())) {
      TestStack.await("a leader", first::ready);
      ApiClient client = new ApiClient(first.address());
      client.importInputs();
      topics.garbage();
      try (TopicReader.Present idle = topics.idle(UUID.randomUUID(), "restart")) {
        id =
            ApiClient.json(client.submit(spec("restart", "restart"), UUID.randomUUID()))
                .path("id")
                .asText();
        TestStack.await("a task", () -> !published("restart").isEmpty());
      }
      before = published("restart");
      assertThat(before).as("as many tasks as idle workers").hasSize(1);
    }
    try (Orchestrator second = Orchestrator.start(config())) {
      TestStack.await("a leader again", () -> second.ready() && leads(second));
      ApiClient client = new ApiClient(second.address());
      JsonNode read = client.read("/api/v1/experiments/" + id);
      assertThat(read.path("state").asText()).isEqualTo("RUNNING");
      // Whatever was read before the restart is not read again: nothing is published twice.
      UUID key = UUID.randomUUID();
      assertThat(client.submit(spec("after", "elsewhere"), key).statusCode()).isEqualTo(201);
      assertThat(published("restart")).isEqualTo(before);
    }
  }

  /** As a broker leaves it behind that forgot to end a commit: KAFKA-20734. */
  @Test
  void a_transaction_that_nobody_ends_does_not_keep_the_next_leader_from_leading() {
    try (Orchestrator first = Orchestrator.start(config())) {
      TestStack.await("a leader", () -> first.ready() && leads(first));
    }
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            stack.kafka().bootstrapServers(),
            "transactional.id",
            "nobody",
            "transaction.timeout.ms",
            600_000);
    KafkaProducer<byte[], byte[]> nobody =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    try (Orchestrator follower = Orchestrator.start(config())) {
      TestStack.await("the next", () -> follower.ready() && leads(follower));
      nobody.initTransactions();
      nobody.beginTransaction();
      var unused =
          nobody.send(
              new ProducerRecord<>(
                  Topics.STATE, 0, "experiment/hidden".getBytes(StandardCharsets.UTF_8), null));
      nobody.flush();
    }
    try (Orchestrator heir = Orchestrator.start(config())) {
      TestStack.await("the heir", () -> heir.ready() && leads(heir));
      ApiClient client = new ApiClient(heir.address());
      client.importInputs();
      assertThat(client.submit(spec("seen", "nowhere"), UUID.randomUUID()).statusCode())
          .as("what is decided is seen again")
          .isEqualTo(201);
    } finally {
      nobody.close(Duration.ZERO);
    }
  }

  @Test
  void a_second_replica_serves_and_takes_over_when_the_first_closes() {
    Orchestrator first = Orchestrator.start(config());
    try (Orchestrator second = Orchestrator.start(config())) {
      TestStack.await("one leader", () -> leads(first) || leads(second));
      TestStack.await("both ready", () -> first.ready() && second.ready());
      assertThat(leads(first) && leads(second)).as("two leaders").isFalse();
      Orchestrator follower = leads(first) ? second : first;
      Orchestrator leader = leads(first) ? first : second;
      ApiClient viaFollower = new ApiClient(follower.address());
      viaFollower.importInputs();
      HttpResponse<byte[]> created =
          viaFollower.submit(spec("shared", "nowhere"), UUID.randomUUID());
      assertThat(created.statusCode()).as("a follower takes commands").isEqualTo(201);
      String id = ApiClient.json(created).path("id").asText();
      String offset = created.headers().firstValue("Fewstep-State-Offset").orElseThrow();
      ApiClient viaLeader = new ApiClient(leader.address());
      assertThat(viaLeader.get("/api/v1/experiments/" + id + "?atLeast=" + offset).statusCode())
          .isEqualTo(200);

      leader.close();

      TestStack.await("the follower leads", () -> leads(follower));
      assertThat(viaFollower.submit(spec("later", "nowhere"), UUID.randomUUID()).statusCode())
          .isEqualTo(201);
      follower.close();
    } finally {
      first.close();
    }
  }

  @Test
  @SuppressWarnings("try")
  void a_leader_that_froze_is_replaced_and_what_it_meant_to_write_is_not_written() {
    FreezableClock frozen = new FreezableClock();
    try (Orchestrator zombie = Orchestrator.start(config(), frozen)) {
      TestStack.await("the first leads", () -> zombie.ready() && leads(zombie));
      try (Orchestrator heir = Orchestrator.start(config())) {
        ApiClient client = new ApiClient(heir.address());
        TestStack.await("the second follows", heir::ready);
        client.importInputs();
        frozen.freeze();
        // The first has read this, or will, and decides about it only when it thaws.
        try (TopicReader.Present idle = topics.idle(UUID.randomUUID(), "zombie")) {
          HttpResponse<byte[]> late = client.submit(spec("undead", "zombie"), UUID.randomUUID());
          assertThat(late.statusCode()).isEqualTo(201);
          assertThat(leads(heir)).isTrue();
          TestStack.await("the task of the heir", () -> !published("zombie").isEmpty());
        }

        frozen.thaw();

        TestStack.await("the first knows that it is over", () -> !leads(zombie));
        UUID key = UUID.randomUUID();
        assertThat(client.submit(spec("alive", "nowhere"), key).statusCode()).isEqualTo(201);
        assertThat(published("zombie")).as("decided once, by the heir").hasSize(1);
      }
    } finally {
      frozen.thaw();
    }
  }

  @Test
  void a_command_that_is_not_decided_in_time_tells_later_on_any_replica_what_became_of_it() {
    try (HeldReplica leader = new HeldReplica(stack.config(), Optional.empty())) {
      TestStack.await("a leader", () -> leader.ready() && leader.leads());
      new ApiClient(leader.address()).importInputs();
      try (Orchestrator other = Orchestrator.start(stack.config())) {
        TestStack.await("the other is ready", other::ready);
        ApiClient viaOther = new ApiClient(other.address());
        leader.holdAt(TermListener.Stage.READ);
        TestStack.await("the leader stands still", leader::held);
        Map<UUID, HttpResponse<byte[]>> undecided = new LinkedHashMap<>();
        for (String trained : new String[] {"small", "nowhere"}) {
          UUID key = UUID.randomUUID();
          undecided.put(
              key,
              viaOther.send(
                  viaOther
                      .request("/api/v1/experiments")
                      .header("Content-Type", "application/yaml")
                      .header("Idempotency-Key", key.toString())
                      .POST(
                          HttpRequest.BodyPublishers.ofString(
                              ApiClient.SPEC
                                  .replace("NAME", "undecided")
                                  .replace("small/multi", trained + "/multi")))));
        }
        undecided.forEach(
            (key, answer) -> {
              assertThat(answer.statusCode()).isEqualTo(202);
              assertThat(answer.headers().firstValue("Location"))
                  .hasValue("/api/v1/commands/" + key);
              assertThat(viaOther.get("/api/v1/commands/" + key).statusCode()).isEqualTo(404);
            });

        leader.letGo();

        ApiClient viaLeader = new ApiClient(leader.address());
        for (ApiClient any : new ApiClient[] {viaOther, viaLeader}) {
          for (UUID key : undecided.keySet()) {
            TestStack.await(
                "it is decided", () -> any.get("/api/v1/commands/" + key).statusCode() == 200);
          }
          assertThat(
                  undecided.keySet().stream()
                      .map(key -> any.read("/api/v1/commands/" + key).path("accepted").asBoolean()))
              .containsExactly(true, false);
        }
      }
    }
  }

  @Test
  void a_fenced_leader_drops_its_state_and_leads_again() {
    try (Orchestrator orchestrator = Orchestrator.start(config())) {
      TestStack.await("a leader", () -> orchestrator.ready() && leads(orchestrator));
      ApiClient client = new ApiClient(orchestrator.address());
      client.importInputs();
      try (KafkaProducer<byte[], byte[]> usurper =
          new KafkaProducer<>(
              Map.of(
                  "bootstrap.servers",
                  stack.kafka().bootstrapServers(),
                  "transactional.id",
                  "fewstep-leader"),
              new ByteArraySerializer(),
              new ByteArraySerializer())) {
        usurper.initTransactions();
      }
      // Its next transaction is refused; the command stays in the inbox and is decided afterwards.
      UUID key = UUID.randomUUID();
      client.submit(spec("fenced", "nowhere"), key);
      TestStack.await(
          "decided after all", () -> client.get("/api/v1/commands/" + key).statusCode() == 200);
      assertThat(client.read("/api/v1/commands/" + key).path("accepted").asBoolean()).isTrue();
      assertThat(leads(orchestrator)).isTrue();
    }
  }

  /** The system's clock until it is frozen; then whoever asks waits for the thaw. */
  private static final class FreezableClock extends Clock {
    private volatile CountDownLatch ice = new CountDownLatch(0);

    void freeze() {
      ice = new CountDownLatch(1);
    }

    void thaw() {
      ice.countDown();
    }

    @Override
    public Instant instant() {
      try {
        ice.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return Instant.now();
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
