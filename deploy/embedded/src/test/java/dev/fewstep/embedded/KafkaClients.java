package dev.fewstep.embedded;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What the tests ask of a broker. */
final class KafkaClients {
  private final String bootstrapServers;

  KafkaClients(String bootstrapServers) {
    this.bootstrapServers = bootstrapServers;
  }

  void createTopic(String topic) throws Exception {
    try (Admin admin = admin()) {
      admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
    }
  }

  void configureShareGroup(String group, Map<String, String> config) throws Exception {
    try (Admin admin = admin()) {
      List<AlterConfigOp> changes = new ArrayList<>();
      config.forEach(
          (key, value) ->
              changes.add(
                  new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)));
      admin
          .incrementalAlterConfigs(
              Map.of(new ConfigResource(ConfigResource.Type.GROUP, group), changes))
          .all()
          .get();
    }
  }

  /** Sends the first group of values in a committed transaction, the second in an aborted one. */
  void sendInTransactions(String topic, List<String> committed, List<String> aborted) {
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers",
            bootstrapServers,
            "transactional.id",
            "test-" + UUID.randomUUID(),
            "acks",
            "all");
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
      producer.initTransactions();
      if (!aborted.isEmpty()) {
        producer.beginTransaction();
        aborted.forEach(value -> send(producer, topic, value));
        producer.flush();
        producer.abortTransaction();
      }
      producer.beginTransaction();
      committed.forEach(value -> send(producer, topic, value));
      producer.commitTransaction();
    }
  }

  /**
   * The committed values of a one-partition topic, as soon as there are as many as given. It waits
   * rather than reads to the end, because a commit that was acknowledged just before a crash
   * becomes visible some time after the restart.
   */
  List<String> read(String topic, int count) {
    Map<String, Object> config =
        Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed");
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      TopicPartition partition = new TopicPartition(topic, 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      List<String> values = new ArrayList<>();
      while (values.size() < count) {
        consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(record.value()));
      }
      return values;
    }
  }

  Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", bootstrapServers));
  }

  private static void send(KafkaProducer<String, String> producer, String topic, String value) {
    var unused = producer.send(new ProducerRecord<>(topic, value));
  }
}
