package dev.fewstep.embedded;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Kafka broker and its controller in this JVM, on the loopback interface, with replication 1.
 * Topics are never made on first use. Share groups are enabled and tuned so that a new member
 * receives its first record in well under a second. The data directory outlives the process, also
 * one that was killed.
 */
public final class EmbeddedKafka implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedKafka.class);
  private static final String SERVICE = "Kafka";
  private static final int NODE_ID = 1;
  private static final String CONTROLLER_LISTENER = "CONTROLLER";

  private final KafkaRaftServer server;
  private final int port;
  private final AtomicBoolean closed = new AtomicBoolean();

  private EmbeddedKafka(KafkaRaftServer server, int port) {
    this.server = server;
    this.port = port;
  }

  /**
   * Starts the broker; it takes clients when this returns.
   *
   * @param directory where topics and metadata are kept; made and formatted if absent
   * @param port 1 to 65535, or 0 for a free one
   * @throws EmbeddedException if the port is taken or the directory cannot be used
   */
  public static EmbeddedKafka start(Path directory, int port) {
    return start(directory, port, Optional.empty());
  }

  /** Starts a broker to which clients must prove who they are. */
  public static EmbeddedKafka start(Path directory, int port, ClientSecurity security) {
    return start(directory, port, Optional.of(security));
  }

  private static EmbeddedKafka start(Path directory, int port, Optional<ClientSecurity> security) {
    LoopbackPorts.requireValid(SERVICE, port);
    Path absolute = directory.toAbsolutePath().normalize();
    if (absolute.toString().contains(",")) {
      throw new EmbeddedException(
          "Kafka cannot keep data in "
              + absolute
              + " because the path contains a comma: choose another directory.");
    }
    if (port != 0) {
      LoopbackPorts.requireFree(SERVICE, port);
    }
    boolean used = !format(absolute, security.map(ClientSecurity::scram).orElse(List.of()));
    int[] free = LoopbackPorts.free(3);
    int brokerPort = port == 0 ? free[0] : port;
    KafkaRaftServer server = null;
    try {
      if (used) {
        CrashedBroker.fence(absolute, NODE_ID);
      }
      server =
          new KafkaRaftServer(
              new KafkaConfig(
                  configuration(absolute, brokerPort, free[1], free[2], security), false),
              Time.SYSTEM);
      server.startup();
    } catch (Exception e) { // Scala declares none, yet throws checked ones.
      stopAfterFailure(server, e);
      throw EmbeddedException.withReason(
          "Kafka in " + absolute + " could not start on port " + brokerPort, e);
    }
    return new EmbeddedKafka(server, brokerPort);
  }

  /** {@code 127.0.0.1:<port>}. */
  public String bootstrapServers() {
    return LoopbackPorts.HOST + ":" + port;
  }

  /** Port it listens on. */
  public int port() {
    return port;
  }

  /** Stops broker and controller and waits for them. A second call does nothing. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      server.shutdown();
      server.awaitShutdown();
    } catch (RuntimeException e) {
      LOG.warn("Kafka at {} did not stop cleanly", bootstrapServers(), e);
    }
  }

  @Override
  public String toString() {
    return "EmbeddedKafka[" + bootstrapServers() + "]";
  }

  /** Whether there was nothing before. */
  private static boolean format(Path directory, List<String> scram) {
    try {
      Files.createDirectories(directory);
      if (Files.exists(directory.resolve("meta.properties"))) {
        return false;
      }
      new Formatter()
          .setPrintStream(
              new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
          .setNodeId(NODE_ID)
          .setClusterId(Uuid.randomUuid().toString())
          .setControllerListenerName(CONTROLLER_LISTENER)
          .setMetadataLogDirectory(directory.toString())
          .addDirectory(directory.toString())
          .setReleaseVersion(MetadataVersion.latestProduction())
          .setIgnoreFormatted(true)
          .setScramArguments(scram)
          .run();
      return true;
    } catch (Exception e) {
      throw EmbeddedException.withReason(
          "The directory " + directory + " could not be made ready for Kafka", e);
    }
  }

  private static Map<String, String> configuration(
      Path directory,
      int port,
      int controllerPort,
      int brokersPort,
      Optional<ClientSecurity> security) {
    Map<String, String> config = new HashMap<>();
    String host = LoopbackPorts.HOST;
    config.put("process.roles", "broker,controller");
    config.put("node.id", Integer.toString(NODE_ID));
    config.put("controller.quorum.voters", NODE_ID + "@" + host + ":" + controllerPort);
    config.put("controller.listener.names", CONTROLLER_LISTENER);
    config.put(
        "listeners",
        "PLAINTEXT://" + host + ":" + port + ",CONTROLLER://" + host + ":" + controllerPort);
    config.put("advertised.listeners", "PLAINTEXT://" + host + ":" + port);
    config.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    config.put("inter.broker.listener.name", "PLAINTEXT");
    security.ifPresent(asked -> secure(config, asked, port, controllerPort, brokersPort));
    config.put("log.dirs", directory.toString());

    // One broker: every internal topic has one copy and one partition.
    config.put("default.replication.factor", "1");
    config.put("min.insync.replicas", "1");
    for (String topic :
        new String[] {"offsets.topic", "transaction.state.log", "share.coordinator.state.topic"}) {
      config.put(topic + ".replication.factor", "1");
      config.put(topic + ".num.partitions", "1");
    }
    config.put("transaction.state.log.min.isr", "1");
    config.put("share.coordinator.state.topic.min.isr", "1");
    config.put("auto.create.topics.enable", "false");
    // A stack that rests for months finds its groups where it left them.
    config.put("offsets.retention.minutes", "525600");

    // A new member of a group gets its first record at once, not after 5 s.
    config.put("group.initial.rebalance.delay.ms", "0");
    config.put("group.share.min.heartbeat.interval.ms", "100");
    config.put("group.share.heartbeat.interval.ms", "500");
    config.put("group.share.min.assignment.interval.ms", "0");
    config.put("group.share.assignment.interval.ms", "0");
    config.put("group.consumer.min.heartbeat.interval.ms", "100");
    config.put("group.consumer.heartbeat.interval.ms", "500");
    config.put("group.consumer.assignment.interval.ms", "0");
    // Bounds within which a group may choose its lock.
    config.put("group.share.min.record.lock.duration.ms", "1000");
    config.put("group.share.max.record.lock.duration.ms", "3600000");

    // The only broker gains nothing by being fenced when this JVM was stopped for a while: it loses
    // transactions (see CrashedBroker).
    config.put("broker.session.timeout.ms", "60000");
    config.put("broker.heartbeat.interval.ms", "500");

    // A producer whose transactions follow each other at once waits so long, 20 ms by default, for
    // the end markers of the one before.
    config.put("add.partitions.to.txn.retry.backoff.ms", "2");

    // Few threads, small buffers: the clients are a few processes of this machine.
    config.put("num.network.threads", "2");
    config.put("num.io.threads", "4");
    config.put("log.cleaner.dedupe.buffer.size", Integer.toString(16 << 20));
    return config;
  }

  /** Clients have a listener of their own; nobody is told of the others. */
  private static void secure(
      Map<String, String> config,
      ClientSecurity security,
      int port,
      int controllerPort,
      int brokersPort) {
    String host = LoopbackPorts.HOST;
    String clients = "CLIENTS://" + host + ":" + port;
    String brokers = "PLAINTEXT://" + host + ":" + brokersPort;
    config.put(
        "listeners", clients + "," + brokers + ",CONTROLLER://" + host + ":" + controllerPort);
    config.put("advertised.listeners", clients + "," + brokers);
    config.put(
        "listener.security.protocol.map",
        "CLIENTS:" + security.protocol() + ",PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    config.putAll(security.settings());
  }

  private static void stopAfterFailure(KafkaRaftServer server, Exception failure) {
    if (server == null) {
      return;
    }
    try {
      server.shutdown();
      server.awaitShutdown();
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }
}
