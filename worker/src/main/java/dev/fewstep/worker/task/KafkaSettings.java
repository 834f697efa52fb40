package dev.fewstep.worker.task;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Topics;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/**
 * How to reach Kafka. The text form names the brokers only, since the properties may hold secrets.
 *
 * @param bootstrapServers {@code host:port} list
 * @param properties further client properties, such as those of security
 */
public record KafkaSettings(String bootstrapServers, Map<String, String> properties) {
  public KafkaSettings {
    requireNonNull(bootstrapServers, "bootstrapServers");
    properties = Map.copyOf(properties);
    require(!bootstrapServers.isBlank(), "Kafka's bootstrap servers are missing");
  }

  /** Settings without further properties. */
  public static KafkaSettings of(String bootstrapServers) {
    return new KafkaSettings(bootstrapServers, Map.of());
  }

  @Override
  public String toString() {
    return "KafkaSettings[" + bootstrapServers + "]";
  }

  /** Properties that every client has. */
  Map<String, Object> client() {
    Map<String, Object> all = new HashMap<>(properties);
    all.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    all.put(CommonClientConfigs.METADATA_MAX_AGE_CONFIG, 5000);
    all.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 2000);
    return all;
  }

  /** Properties of the one producer: acknowledged by all replicas in sync, in order, once. */
  Map<String, Object> producer(UUID workerId) {
    Map<String, Object> all = client();
    all.put(ProducerConfig.CLIENT_ID_CONFIG, "fewstep-worker-" + workerId);
    all.put(ProducerConfig.ACKS_CONFIG, "all");
    all.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    all.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);
    all.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
    all.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 20_000);
    all.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    return all;
  }

  /** Properties of a consumer of the control topic: assigned, committed records only. */
  Map<String, Object> controlConsumer(UUID workerId) {
    Map<String, Object> all = client();
    all.put(ConsumerConfig.CLIENT_ID_CONFIG, "fewstep-control-" + workerId);
    all.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    all.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    all.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    all.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    // Every worker hears of every task: gathered, so that the broker answers each of them a few
    // times a second however much is decided. What is heard may be that old anyway.
    all.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 16_384);
    all.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 200);
    return all;
  }

  /**
   * Properties of a member of a device class's share group: one record at a time, acknowledged
   * explicitly. A task may run for hours between two polls.
   */
  Map<String, Object> shareConsumer(UUID workerId, String deviceClass) {
    Map<String, Object> all = client();
    all.put(ConsumerConfig.CLIENT_ID_CONFIG, "fewstep-take-" + workerId);
    all.put(ConsumerConfig.GROUP_ID_CONFIG, Topics.shareGroup(deviceClass));
    all.put(ConsumerConfig.SHARE_ACKNOWLEDGEMENT_MODE_CONFIG, "explicit");
    all.put(ConsumerConfig.SHARE_ACQUIRE_MODE_CONFIG, "record_limit");
    all.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
    all.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, Integer.MAX_VALUE);
    all.put(CommonClientConfigs.CONNECTIONS_MAX_IDLE_MS_CONFIG, (long) Integer.MAX_VALUE);
    return all;
  }
}
