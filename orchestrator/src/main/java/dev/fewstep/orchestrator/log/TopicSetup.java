package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the topics and configures the share groups; nothing relies on topics that make themselves.
 * Topics that exist are left as they are. Safe for use by several threads.
 */
public final class TopicSetup implements AutoCloseable {
  /** Largest record of any topic: a specification may have 1 MiB. */
  static final int MAX_RECORD_BYTES = 4 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(TopicSetup.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final String AUDITED = Long.toString(Duration.ofDays(400).toMillis());
  private static final String WEEK = Long.toString(Duration.ofDays(7).toMillis());

  private final KafkaSettings settings;
  private final Duration recordLock;
  private final Admin admin;
  private final Set<String> readyClasses = new HashSet<>();

  /**
   * Connects when first used.
   *
   * @param recordLock how long a worker may hold a task before it has reported its start; brokers
   *     allow 15 to 60 s unless configured otherwise
   */
  public TopicSetup(KafkaSettings settings, Duration recordLock) {
    this.settings = requireNonNull(settings, "settings");
    this.recordLock = requireNonNull(recordLock, "recordLock");
    this.admin = Admin.create(settings.client("fewstep-admin"));
  }

  /**
   * Makes the topics that are always there.
   *
   * @throws KafkaException when the cluster does not answer or refuses
   */
  public void ensureTopics() {
    try {
      create(plans(settings));
    } catch (KafkaException e) {
      throw new KafkaException(
          e.getMessage() + " (the cluster at " + settings.bootstrapServers() + hint(e) + ")", e);
    }
  }

  private static String hint(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof AuthenticationException) {
        return "; FEWSTEP_KAFKA_CLIENT_FILE says who this server is";
      }
      if (cause instanceof AuthorizationException) {
        return "; docs/security.md has the rights that a server needs";
      }
    }
    return "";
  }

  /** How the topics are to be that are always there. */
  static List<TopicPlan> plans(KafkaSettings settings) {
    // Leases are judged by the broker's clock. The leader alone deletes what it has read.
    Map<String, String> inbox =
        Map.of(
            "cleanup.policy", "delete",
            "retention.ms", "-1",
            "retention.bytes", "-1",
            "message.timestamp.type", "LogAppendTime");
    Map<String, String> compact = Map.of("cleanup.policy", "compact");
    // A leader learns the broker's time from what it commits.
    Map<String, String> state =
        Map.of("cleanup.policy", "compact", "message.timestamp.type", "LogAppendTime");
    return List.of(
        plan(settings, Topics.INBOX, 1, inbox),
        plan(settings, Topics.STATE, 1, state),
        plan(settings, Topics.CONTROL, 1, compact),
        plan(
            settings,
            Topics.METRICS,
            Topics.METRICS_PARTITIONS,
            Map.of("cleanup.policy", "delete", "retention.ms", WEEK)),
        plan(
            settings,
            Topics.AUDIT,
            1,
            Map.of("cleanup.policy", "delete", "retention.ms", AUDITED)));
  }

  /** How the task topic of a device class is to be. */
  static TopicPlan taskPlan(KafkaSettings settings, String deviceClass) {
    return plan(
        settings,
        Topics.tasks(deviceClass),
        1,
        Map.of("cleanup.policy", "delete", "retention.ms", WEEK));
  }

  /** How the share group of a device class is to be configured. */
  Map<String, String> shareGroupConfigs() {
    return Map.of(
        "share.auto.offset.reset", "earliest",
        "share.isolation.level", "read_committed",
        "share.record.lock.duration.ms", Long.toString(recordLock.toMillis()));
  }

  /** The client, for those who look at what was made. */
  Admin admin() {
    return admin;
  }

  /** The cluster. */
  KafkaSettings settings() {
    return settings;
  }

  /**
   * Makes the task topic and the share group's configuration of a device class, once in this
   * object's life.
   *
   * @throws KafkaException when the cluster does not answer or refuses
   */
  public synchronized void ensureDeviceClass(String deviceClass) {
    if (readyClasses.contains(deviceClass)) {
      return;
    }
    create(List.of(taskPlan(settings, deviceClass)));
    configureShareGroup(deviceClass);
    readyClasses.add(deviceClass);
    LOG.info("Device class {} has its topic {}", deviceClass, Topics.tasks(deviceClass));
  }

  /** Sets the share group's configuration of a device class. */
  void configureShareGroup(String deviceClass) {
    String group = Topics.shareGroup(deviceClass);
    alter(new ConfigResource(ConfigResource.Type.GROUP, group), shareGroupConfigs());
  }

  /** Sets configurations of a topic that is there. */
  void alterTopic(String topic, Map<String, String> configs) {
    alter(new ConfigResource(ConfigResource.Type.TOPIC, topic), configs);
  }

  private void alter(ConfigResource resource, Map<String, String> configs) {
    Collection<AlterConfigOp> changes = new ArrayList<>();
    configs.forEach(
        (name, value) ->
            changes.add(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)));
    var unused =
        await(
            "configuring " + resource.name(),
            admin.incrementalAlterConfigs(Map.of(resource, changes)).all());
  }

  /** Deletes what of the inbox lies before an offset; asks and does not wait. */
  void deleteInboxBefore(long offset) {
    admin.deleteRecords(
        Map.of(new TopicPartition(Topics.INBOX, 0), RecordsToDelete.beforeOffset(offset)));
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(2));
  }

  private static TopicPlan plan(
      KafkaSettings settings, String name, int partitions, Map<String, String> special) {
    Map<String, String> configs = new HashMap<>(special);
    configs.put("max.message.bytes", Integer.toString(MAX_RECORD_BYTES));
    configs.put("min.insync.replicas", settings.replicationFactor() >= 3 ? "2" : "1");
    return new TopicPlan(name, partitions, settings.replicationFactor(), configs);
  }

  private static NewTopic topic(TopicPlan plan) {
    return new NewTopic(
            plan.name(), Optional.of(plan.partitions()), Optional.of((short) plan.replication()))
        .configs(plan.configs());
  }

  /** Makes topics; those that exist are left as they are. */
  void create(List<TopicPlan> plans) {
    List<NewTopic> topics = plans.stream().map(TopicSetup::topic).toList();
    admin
        .createTopics(topics)
        .values()
        .forEach(
            (name, done) -> {
              try {
                var unused = await("making the topic " + name, done);
                LOG.info("Made the topic {}", name);
              } catch (TopicExistsException e) {
                LOG.debug("The topic {} is there already", name);
              }
            });
  }

  static <T> T await(String what, KafkaFuture<T> done) {
    try {
      return done.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TopicExistsException exists) {
        throw exists;
      }
      throw new KafkaException("Kafka failed " + what + ": " + e.getCause().getMessage(), e);
    } catch (TimeoutException e) {
      throw new KafkaException("Kafka did not answer within " + TIMEOUT + " when " + what, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted when " + what, e);
    }
  }
}
