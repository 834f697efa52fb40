package dev.fewstep.worker.task;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Topics;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.errors.AuthenticationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How to reach Kafka. The text form names the brokers only, since the properties may hold secrets.
 *
 * @param bootstrapServers {@code host:port} list
 * @param properties further client properties, such as those of security
 */
public record KafkaSettings(String bootstrapServers, Map<String, String> properties) {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaSettings.class);
  private static final long ANSWER_SECONDS = 10;

  public KafkaSettings {
    requireNonNull(bootstrapServers, "bootstrapServers");
    properties = Map.copyOf(properties);
    require(!bootstrapServers.isBlank(), "Kafka's bootstrap servers are missing");
  }

  /** Settings without further properties. */
  public static KafkaSettings of(String bootstrapServers) {
    return new KafkaSettings(bootstrapServers, Map.of());
  }

  /**
   * Asks the cluster once whether it lets this worker in. A cluster that does not answer may come
   * later; one that refuses does not change its mind.
   *
   * @throws IOException when the cluster refuses what this worker says it is
   */
  public void requireLetIn() throws IOException, InterruptedException {
    try (Admin admin = Admin.create(client())) {
      LOG.debug(
          "Kafka at {} is the cluster {}",
          bootstrapServers,
          admin.describeCluster().clusterId().get(ANSWER_SECONDS, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AuthenticationException refused) {
        throw new IOException(
            "Kafka at "
                + bootstrapServers
                + " does not let this worker in: "
                + refused.getMessage()
                + " (FEWSTEP_KAFKA_CLIENT_FILE says who this worker is)",
            e);
      }
      LOG.warn("Kafka at {} does not answer yet: {}", bootstrapServers, e.getCause().toString());
    } catch (TimeoutException e) {
      LOG.warn("Kafka at {} does not answer yet", bootstrapServers);
    }
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
