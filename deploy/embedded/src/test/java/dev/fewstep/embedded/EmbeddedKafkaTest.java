package dev.fewstep.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class EmbeddedKafkaTest {
  @TempDir private static Path directory;
  private static EmbeddedKafka kafka;
  private static KafkaClients clients;

  @BeforeAll
  static void start() {
    kafka = EmbeddedKafka.start(directory.resolve("kafka"), 0);
    clients = new KafkaClients(kafka.bootstrapServers());
  }

  @AfterAll
  static void stop() {
    kafka.close();
    kafka.close();
  }

  @Test
  void aShareConsumerTakesCommittedRecordsOneAtATime() throws Exception {
    clients.createTopic("tasks");
    clients.configureShareGroup(
        "workers",
        Map.of(
            "share.auto.offset.reset", "earliest",
            "share.isolation.level", "read_committed",
            "share.record.lock.duration.ms", "2000"));
    clients.sendInTransactions("tasks", List.of("one", "two"), List.of("aborted"));

    List<String> taken = new ArrayList<>();
    try (KafkaShareConsumer<String, String> consumer =
        new KafkaShareConsumer<>(
            Map.of(
                "bootstrap.servers", kafka.bootstrapServers(),
                "group.id", "workers",
                "share.acknowledgement.mode", "explicit",
                "share.acquire.mode", "record_limit",
                "max.poll.records", "1"),
            new StringDeserializer(),
            new StringDeserializer())) {
      consumer.subscribe(List.of("tasks"));
      while (taken.size() < 2) {
        var records = consumer.poll(Duration.ofMillis(500));
        assertThat(records.count()).isLessThanOrEqualTo(1);
        for (ConsumerRecord<String, String> record : records) {
          taken.add(record.value());
          consumer.acknowledge(record, AcknowledgeType.ACCEPT);
          assertThat(consumer.commitSync().values()).allMatch(error -> error.isEmpty());
        }
      }
      assertThat(consumer.poll(Duration.ofMillis(300)).count()).as("records left").isZero();
    }
    assertThat(taken).containsExactly("one", "two");
  }

  @Test
  void makesNoTopicOnFirstUse() throws Exception {
    try (Admin admin = clients.admin()) {
      assertThatThrownBy(() -> admin.describeTopics(List.of("mistyped")).allTopicNames().get())
          .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
      assertThat(admin.listTopics().names().get()).doesNotContain("mistyped");
    }
  }

  @Test
  void letsGroupsJoinFastAndChooseShortLocks() throws Exception {
    ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
    try (Admin admin = clients.admin()) {
      var config =
          admin.describeConfigs(List.of(broker)).all().get(30, TimeUnit.SECONDS).get(broker);
      assertThat(config.get("group.share.heartbeat.interval.ms").value()).isEqualTo("500");
      assertThat(config.get("group.share.assignment.interval.ms").value()).isEqualTo("0");
      assertThat(config.get("group.share.min.record.lock.duration.ms").value()).isEqualTo("1000");
      assertThat(config.get("auto.create.topics.enable").value()).isEqualTo("false");
    }
  }
}
