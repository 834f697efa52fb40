package dev.fewstep.embedded;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.ObjectName;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the session of a broker that was killed, before it starts again. Otherwise the broker would
 * find itself leading, go on with the commits that were under way, and be fenced amid them; a
 * commit whose partition has no leader at that moment is taken for one of a deleted topic and never
 * ends (KAFKA-20734): readers of committed records then wait for ever.
 */
final class CrashedBroker {
  private static final Logger LOG = LoggerFactory.getLogger(CrashedBroker.class);
  private static final Duration SESSION = Duration.ofMillis(200);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration PAUSE = Duration.ofMillis(20);

  private CrashedBroker() {}

  /**
   * Starts the controller alone until it has given the broker up. Does nothing after a clean stop.
   *
   * @param directory data of both, not used for the first time
   * @param node id of both
   */
  static void fence(Path directory, int node) {
    if (Files.exists(directory.resolve(".kafka_cleanshutdown"))) {
      return;
    }
    KafkaRaftServer controller =
        new KafkaRaftServer(new KafkaConfig(configuration(directory, node), false), Time.SYSTEM);
    try {
      controller.startup();
      awaitFenced();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EmbeddedException("Interrupted while Kafka in " + directory + " recovered.");
    } finally {
      controller.shutdown();
      controller.awaitShutdown();
    }
  }

  private static void awaitFenced() throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (fenced() == 0) {
      if (System.nanoTime() > deadline) {
        // It was killed before it had ever been registered.
        LOG.info("The controller knows of no broker that was killed");
        return;
      }
      Thread.sleep(PAUSE.toMillis());
    }
  }

  /** Brokers given up, as the controller's own gauge says once that has been committed. */
  private static int fenced() {
    try {
      return (Integer)
          ManagementFactory.getPlatformMBeanServer()
              .getAttribute(
                  new ObjectName("kafka.controller:type=KafkaController,name=FencedBrokerCount"),
                  "Value");
    } catch (InstanceNotFoundException e) {
      return 0; // The controller has only begun to start.
    } catch (JMException e) {
      throw EmbeddedException.withReason("Kafka's controller does not say what it knows", e);
    }
  }

  private static Map<String, String> configuration(Path directory, int node) {
    String address = LoopbackPorts.HOST + ":" + LoopbackPorts.free(1)[0];
    Map<String, String> config = new HashMap<>();
    config.put("process.roles", "controller");
    config.put("node.id", Integer.toString(node));
    config.put("controller.quorum.voters", node + "@" + address);
    config.put("controller.listener.names", "CONTROLLER");
    config.put("listeners", "CONTROLLER://" + address);
    config.put("listener.security.protocol.map", "CONTROLLER:PLAINTEXT");
    config.put("log.dirs", directory.toString());
    config.put("broker.session.timeout.ms", Long.toString(SESSION.toMillis()));
    config.put("broker.heartbeat.interval.ms", Long.toString(SESSION.toMillis() / 4));
    return config;
  }
}
