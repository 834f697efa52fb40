package dev.fewstep.chaos.process;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * One node of a KRaft cluster, broker and controller. It has a listener for every client process
 * and advertises there the port of that client's own proxy, so that any single client can be cut
 * off.
 */
public final class BrokerProcess {
  private static final String HOST = "127.0.0.1:";

  private BrokerProcess() {}

  /**
   * Runs until told to stop.
   *
   * @param args {@code id}, {@code nodes}, {@code cluster}, {@code dir}, {@code voters}, {@code
   *     controller} and {@code listeners}: {@code NAME:port:advertised,...}, the first of which is
   *     the one between the brokers
   */
  public static void main(String[] args) throws Exception {
    Child child = new Child(args);
    Path directory = Path.of(child.text("dir"));
    format(child, directory);
    KafkaRaftServer server =
        new KafkaRaftServer(new KafkaConfig(configuration(child, directory), false), Time.SYSTEM);
    server.startup();
    child.tell("READY", child.text("id"));
    child.serve(
        () -> {
          server.shutdown();
          server.awaitShutdown();
        });
  }

  private static void format(Child child, Path directory) throws Exception {
    Files.createDirectories(directory);
    if (Files.exists(directory.resolve("meta.properties"))) {
      return;
    }
    new Formatter()
        .setPrintStream(
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
        .setNodeId(child.number("id"))
        .setClusterId(child.text("cluster"))
        .setControllerListenerName("CONTROLLER")
        .setMetadataLogDirectory(directory.toString())
        .addDirectory(directory.toString())
        .setReleaseVersion(MetadataVersion.latestProduction())
        .setIgnoreFormatted(true)
        .run();
  }

  private static Map<String, String> configuration(Child child, Path directory) {
    List<String> listeners = new ArrayList<>();
    List<String> advertised = new ArrayList<>();
    List<String> protocols = new ArrayList<>(List.of("CONTROLLER:PLAINTEXT"));
    String first = "";
    for (String listener : child.text("listeners").split(",")) {
      String[] parts = listener.split(":");
      first = first.isEmpty() ? parts[0] : first;
      listeners.add(parts[0] + "://" + HOST + parts[1]);
      advertised.add(parts[0] + "://" + HOST + parts[2]);
      protocols.add(parts[0] + ":PLAINTEXT");
    }
    listeners.add("CONTROLLER://" + HOST + child.text("controller"));
    Map<String, String> config = new HashMap<>();
    config.put("process.roles", "broker,controller");
    config.put("node.id", child.text("id"));
    config.put("controller.quorum.voters", child.text("voters"));
    config.put("controller.listener.names", "CONTROLLER");
    config.put("listeners", String.join(",", listeners));
    config.put("advertised.listeners", String.join(",", advertised));
    config.put("listener.security.protocol.map", String.join(",", protocols));
    config.put("inter.broker.listener.name", first);
    config.put("log.dirs", directory.toString());
    boolean many = child.number("nodes") > 1;
    String copies = many ? "3" : "1";
    String inSync = many ? "2" : "1";
    config.put("default.replication.factor", copies);
    config.put("min.insync.replicas", inSync);
    for (String topic :
        new String[] {"offsets.topic", "transaction.state.log", "share.coordinator.state.topic"}) {
      config.put(topic + ".replication.factor", copies);
      config.put(topic + ".num.partitions", "1");
    }
    config.put("transaction.state.log.min.isr", inSync);
    config.put("share.coordinator.state.topic.min.isr", inSync);
    config.put("auto.create.topics.enable", "false");
    // The same as the embedded broker's: see dev.fewstep.embedded.EmbeddedKafka.
    config.put("group.initial.rebalance.delay.ms", "0");
    config.put("group.share.min.heartbeat.interval.ms", "100");
    config.put("group.share.heartbeat.interval.ms", "500");
    config.put("group.share.min.assignment.interval.ms", "0");
    config.put("group.share.assignment.interval.ms", "0");
    config.put("group.share.min.record.lock.duration.ms", "1000");
    config.put("broker.session.timeout.ms", "3000");
    config.put("broker.heartbeat.interval.ms", "500");
    config.put("num.network.threads", "1");
    config.put("num.io.threads", "4");
    config.put("log.cleaner.dedupe.buffer.size", Integer.toString(8 << 20));
    return config;
  }
}
