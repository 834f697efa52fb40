package dev.fewstep.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.orchestrator.log.LeaderStatus.Phase;
import dev.fewstep.orchestrator.log.LogSnapshot;
import dev.fewstep.schemas.Topics;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** What becomes of the inbox behind the leader, and of a state that a newer release wrote. */
class StateCareTest {
  private static final TopicPartition INBOX = new TopicPartition(Topics.INBOX, 0);

  private static long offset(Admin admin, OffsetSpec which) {
    try {
      return admin.listOffsets(Map.of(INBOX, which)).partitionResult(INBOX).get().offset();
    } catch (ExecutionException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static long position(TestStack stack) {
    return LogSnapshot.read(stack.kafka()).orElseThrow().position();
  }

  @Test
  void theInboxIsTrimmedToWhatIsDecidedAndAGapIsRefused() throws Exception {
    try (TestStack stack = new TestStack();
        TopicReader topics = new TopicReader(stack.kafka());
        Admin admin = Admin.create(Map.of("bootstrap.servers", stack.kafka().bootstrapServers()))) {
      try (Orchestrator first = Orchestrator.start(stack.config())) {
        TestStack.await("a leader", first::ready);
        new ApiClient(first.address()).importInputs();
      }
      // A leader trims when it begins, and every minute.
      try (Orchestrator second = Orchestrator.start(stack.config())) {
        TestStack.await("a leader", second::ready);
        TestStack.await("trimmed", () -> offset(admin, OffsetSpec.earliest()) > 0);
        assertThat(offset(admin, OffsetSpec.earliest())).isLessThanOrEqualTo(position(stack));
        ApiClient client = new ApiClient(second.address());
        assertThat(
                client
                    .submit(ApiClient.SPEC.replace("NAME", "later"), UUID.randomUUID())
                    .statusCode())
            .isEqualTo(201);
      }
      try (Orchestrator third = Orchestrator.start(stack.config())) {
        TestStack.await(
            "it leads from a trimmed inbox", () -> third.leadership().phase() == Phase.LEADING);
        assertThat(new ApiClient(third.address()).read("/api/v1/inputs").path("items")).hasSize(5);
      }

      topics.garbage();
      topics.garbage();
      long end = offset(admin, OffsetSpec.latest());
      assertThat(end).isGreaterThan(position(stack));
      admin.deleteRecords(Map.of(INBOX, RecordsToDelete.beforeOffset(end))).all().get();
      try (Orchestrator fourth = Orchestrator.start(stack.config())) {
        TestStack.await(
            "it says why it does not lead",
            () -> fourth.leadership().problem().contains("records are missing"));
        assertThat(fourth.leadership().phase()).isNotEqualTo(Phase.LEADING);
      }
    }
  }

  @Test
  void aStateOfANewerReleaseIsNotLedAndReadyzSaysSo() throws Exception {
    try (TestStack stack = new TestStack()) {
      try (Orchestrator first = Orchestrator.start(stack.config())) {
        TestStack.await("a leader", first::ready);
      }
      try (KafkaProducer<byte[], byte[]> newer =
          new KafkaProducer<>(
              Map.of("bootstrap.servers", stack.kafka().bootstrapServers()),
              new ByteArraySerializer(),
              new ByteArraySerializer())) {
        newer
            .send(
                new ProducerRecord<>(
                    Topics.STATE,
                    0,
                    "class/gpu".getBytes(StandardCharsets.UTF_8),
                    "{\"schemaVersion\":99,\"value\":{}}".getBytes(StandardCharsets.UTF_8)))
            .get();
      }
      try (Orchestrator older = Orchestrator.start(stack.config())) {
        TestStack.await(
            "it says why it does not lead",
            () -> older.leadership().problem().contains("schema version 99"));
        assertThat(older.leadership().phase()).isNotEqualTo(Phase.LEADING);
        TestStack.await(
            "and why it does not serve",
            () -> {
              HttpResponse<byte[]> answer = new ApiClient(older.address()).get("/readyz");
              return answer.statusCode() == 503
                  && new String(answer.body(), StandardCharsets.UTF_8)
                      .contains("run the newer release");
            });
      }
    }
  }
}
