package dev.fewstep.orchestrator.log;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How the orchestrator uses a Kafka cluster. The text form hides the further client settings, which
 * may hold passwords.
 *
 * @param bootstrapServers {@code host:port[,host:port]}
 * @param replicationFactor copies of every topic that is made, 1 or more; with 3 or more, 2 must be
 *     in sync for a write
 * @param sessionTimeout silence after which a leader's place is given to another, 6 s or more
 * @param maxPollInterval time without progress after which a leader gives its place up; longer than
 *     the longest replay
 * @param clientSettings further settings of every client, such as those for TLS and SASL
 */
public record KafkaSettings(
    String bootstrapServers,
    int replicationFactor,
    Duration sessionTimeout,
    Duration maxPollInterval,
    Map<String, String> clientSettings) {
  /** Whoever writes the state writes under this id, which fences those before. */
  static final String TRANSACTIONAL_ID = "fewstep-leader";

  private static final AtomicInteger NUMBER = new AtomicInteger();

  public KafkaSettings {
    requireNonNull(bootstrapServers, "bootstrapServers");
    requireNonNull(sessionTimeout, "sessionTimeout");
    requireNonNull(maxPollInterval, "maxPollInterval");
    clientSettings = Map.copyOf(clientSettings);
    require(!bootstrapServers.isBlank(), "the Kafka bootstrap servers are missing");
    require(
        replicationFactor >= 1 && replicationFactor <= Short.MAX_VALUE,
        "the replication factor must be at least 1, not %s",
        replicationFactor);
    require(
        sessionTimeout.compareTo(Duration.ofSeconds(6)) >= 0,
        "the session timeout must be at least 6 s (brokers refuse less), not %s",
        sessionTimeout);
    require(
        maxPollInterval.compareTo(Duration.ofSeconds(1)) >= 0,
        "the poll interval must be at least 1 s, not %s",
        maxPollInterval);
  }

  /** A cluster with the usual timeouts: a silent leader is replaced after 10 s. */
  public static KafkaSettings of(String bootstrapServers, int replicationFactor) {
    return new KafkaSettings(
        bootstrapServers,
        replicationFactor,
        Duration.ofSeconds(10),
        Duration.ofMinutes(2),
        Map.of());
  }

  /** The same with another session timeout. */
  public KafkaSettings withSessionTimeout(Duration value) {
    return new KafkaSettings(
        bootstrapServers, replicationFactor, value, maxPollInterval, clientSettings);
  }

  /** The same with further settings of every client, such as how it proves who it is. */
  public KafkaSettings withClientSettings(Map<String, String> value) {
    return new KafkaSettings(
        bootstrapServers, replicationFactor, sessionTimeout, maxPollInterval, value);
  }

  /** Settings that every client starts from; no two clients of a process share an id. */
  Map<String, Object> client(String clientId) {
    Map<String, Object> settings = new HashMap<>(clientSettings);
    settings.put("bootstrap.servers", bootstrapServers);
    settings.put("client.id", clientId + "-" + NUMBER.incrementAndGet());
    settings.put("reconnect.backoff.ms", 100);
    // The first records of a transaction are refused until the one before has its end markers.
    settings.put("retry.backoff.ms", 20);
    settings.put("reconnect.backoff.max.ms", 2_000);
    return settings;
  }

  /** Settings of a leader's producer. */
  Map<String, Object> transactional() {
    Map<String, Object> settings = client("fewstep-leader-" + ProcessHandle.current().pid());
    settings.put("transactional.id", TRANSACTIONAL_ID);
    settings.put("transaction.timeout.ms", 30_000);
    settings.put("delivery.timeout.ms", 30_000);
    settings.put("request.timeout.ms", 20_000);
    settings.put("max.block.ms", 30_000);
    settings.put("linger.ms", 0);
    // A transaction of a grid's planning is a megabyte: at 16 KiB it would be dozens of requests.
    settings.put("batch.size", 1 << 20);
    settings.put("acks", "all");
    settings.put("compression.type", "lz4");
    settings.put("max.request.size", TopicSetup.MAX_RECORD_BYTES);
    return settings;
  }

  @Override
  public String toString() {
    return "KafkaSettings[" + bootstrapServers + ", replication " + replicationFactor + "]";
  }
}
