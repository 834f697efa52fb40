package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.log.ClusterFacts.InboxTail;
import dev.fewstep.orchestrator.log.ClusterFacts.LeaderGroup;
import dev.fewstep.orchestrator.log.ClusterFacts.Offsets;
import dev.fewstep.orchestrator.log.ClusterFacts.PresenceSample;
import dev.fewstep.orchestrator.log.ClusterFacts.ShareGroup;
import dev.fewstep.orchestrator.log.ClusterFacts.Topic;
import dev.fewstep.orchestrator.log.ClusterFacts.Transaction;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.InboxMessage;
import dev.fewstep.schemas.message.Report;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Looks at a cluster without changing it, and repairs what can be repaired without loss. */
public final class ClusterProbe {
  private static final TopicPartition INBOX = new TopicPartition(Topics.INBOX, 0);
  private static final TopicPartition STATE = new TopicPartition(Topics.STATE, 0);
  private static final String LEADER = "fewstep-leader";
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final long TAIL = 500;

  private final TopicSetup setup;

  /** Looks with the client of that setup. */
  public ClusterProbe(TopicSetup setup) {
    this.setup = requireNonNull(setup, "setup");
  }

  /**
   * Looks at everything.
   *
   * @param deviceClasses classes that there are
   * @throws IOException when the cluster does not answer
   */
  public ClusterFacts look(Collection<String> deviceClasses) throws IOException {
    List<TopicPlan> plans = new ArrayList<>(TopicSetup.plans(setup.settings()));
    deviceClasses.forEach(name -> plans.add(TopicSetup.taskPlan(setup.settings(), name)));
    // A cluster that is away is told by this one question, not by each of the following.
    ask("naming itself", setup.admin().describeCluster().clusterId());
    List<Topic> topics = new ArrayList<>();
    for (TopicPlan plan : plans) {
      topics.add(topic(plan));
    }
    List<ShareGroup> groups = new ArrayList<>();
    for (String name : deviceClasses) {
      groups.add(
          new ShareGroup(
              name,
              setup.shareGroupConfigs(),
              configs(
                  new ConfigResource(ConfigResource.Type.GROUP, Topics.shareGroup(name)),
                  setup.shareGroupConfigs())));
    }
    boolean logs = topics.get(0).exists() && topics.get(1).exists();
    return new ClusterFacts(
        setup.settings().bootstrapServers(),
        topics,
        groups,
        leaderGroup(),
        transaction(),
        logs ? Optional.of(offsets()) : Optional.empty());
  }

  private Topic topic(TopicPlan plan) throws IOException {
    Optional<TopicDescription> found =
        known(
            "describing " + plan.name(),
            setup.admin().describeTopics(List.of(plan.name())).topicNameValues().get(plan.name()));
    if (found.isEmpty()) {
      return new Topic(plan, 0, 0, 0, 0, Map.of());
    }
    int copies = Integer.MAX_VALUE;
    int behind = 0;
    int leaderless = 0;
    for (TopicPartitionInfo partition : found.get().partitions()) {
      copies = Math.min(copies, partition.replicas().size());
      behind += partition.isr().size() < partition.replicas().size() ? 1 : 0;
      leaderless += partition.leader() == null ? 1 : 0;
    }
    return new Topic(
        plan,
        found.get().partitions().size(),
        copies,
        behind,
        leaderless,
        configs(new ConfigResource(ConfigResource.Type.TOPIC, plan.name()), plan.configs()));
  }

  private Map<String, String> configs(ConfigResource resource, Map<String, String> wanted)
      throws IOException {
    Optional<Config> found =
        known(
            "describing " + resource.name(),
            setup.admin().describeConfigs(List.of(resource)).values().get(resource));
    Map<String, String> configs = new HashMap<>();
    for (String name : wanted.keySet()) {
      found
          .map(config -> config.get(name))
          .map(ConfigEntry::value)
          .ifPresent(value -> configs.put(name, value));
    }
    return configs;
  }

  private LeaderGroup leaderGroup() throws IOException {
    Optional<ConsumerGroupDescription> found =
        known(
            "describing " + LEADER,
            setup.admin().describeConsumerGroups(List.of(LEADER)).describedGroups().get(LEADER));
    if (found.isEmpty()) {
      return new LeaderGroup("Dead", 0, Optional.empty(), Optional.empty());
    }
    Optional<String> host =
        found.get().members().stream()
            .filter(member -> member.assignment().topicPartitions().contains(INBOX))
            .map(MemberDescription::host)
            .findFirst();
    Map<TopicPartition, OffsetAndMetadata> committed =
        ask(
            "asking for its offsets",
            setup.admin().listConsumerGroupOffsets(LEADER).partitionsToOffsetAndMetadata());
    return new LeaderGroup(
        found.get().groupState().toString(),
        found.get().members().size(),
        host,
        Optional.ofNullable(committed.get(INBOX)).map(OffsetAndMetadata::offset));
  }

  private Optional<Transaction> transaction() throws IOException {
    Optional<TransactionDescription> found =
        known(
            "describing the transactional id " + LEADER,
            setup.admin().describeTransactions(List.of(LEADER)).description(LEADER));
    return found.map(
        one ->
            new Transaction(
                one.state().toString(),
                one.transactionStartTimeMs().isPresent()
                    ? Optional.of(Instant.ofEpochMilli(one.transactionStartTimeMs().getAsLong()))
                    : Optional.empty()));
  }

  private Offsets offsets() throws IOException {
    ListOffsetsResult.ListOffsetsResultInfo last = offset(STATE, OffsetSpec.maxTimestamp());
    return new Offsets(
        offset(INBOX, OffsetSpec.earliest()).offset(),
        offset(INBOX, OffsetSpec.latest()).offset(),
        offset(STATE, OffsetSpec.latest()).offset(),
        last.timestamp() >= 0
            ? Optional.of(Instant.ofEpochMilli(last.timestamp()))
            : Optional.empty());
  }

  private ListOffsetsResult.ListOffsetsResultInfo offset(TopicPartition topic, OffsetSpec which)
      throws IOException {
    return ask(
        "asking for offsets of " + topic.topic(),
        setup.admin().listOffsets(Map.of(topic, which)).partitionResult(topic));
  }

  /**
   * Reads the last records of the inbox and watches it until one arrives.
   *
   * @param patience how long one is waited for
   */
  public InboxTail tail(Clock clock, Duration patience) {
    Map<String, Object> config = setup.settings().client("fewstep-doctor");
    config.put("isolation.level", "read_committed");
    config.put("enable.auto.commit", false);
    config.put("auto.offset.reset", "earliest");
    config.put("fetch.max.wait.ms", 100);
    List<PresenceSample> presences = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(INBOX));
      long begin = consumer.beginningOffsets(List.of(INBOX)).get(INBOX);
      long end = consumer.endOffsets(List.of(INBOX)).get(INBOX);
      consumer.seek(INBOX, Math.max(begin, end - TAIL));
      long deadline = System.nanoTime() + patience.toNanos();
      while (System.nanoTime() < deadline) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(100));
        Instant now = clock.instant();
        for (ConsumerRecord<byte[], byte[]> found : records) {
          presence(found).ifPresent(presences::add);
          if (found.offset() >= end) {
            return new InboxTail(
                presences, Optional.of(now), Optional.of(Instant.ofEpochMilli(found.timestamp())));
          }
        }
      }
    }
    return new InboxTail(presences, Optional.empty(), Optional.empty());
  }

  private static Optional<PresenceSample> presence(ConsumerRecord<byte[], byte[]> found) {
    try {
      if (Json.fromBytes(found.value(), InboxMessage.class) instanceof Report.Presence presence) {
        return Optional.of(
            new PresenceSample(
                presence.workerId(),
                presence.deviceClass(),
                presence.device(),
                presence.versions(),
                presence.at(),
                Instant.ofEpochMilli(found.timestamp())));
      }
    } catch (RuntimeException e) {
      // What is no message is the leader's to complain about.
      return Optional.empty();
    }
    return Optional.empty();
  }

  /** Makes a topic that is missing. */
  public void makeTopic(TopicPlan plan) {
    setup.create(List.of(plan));
  }

  /** Gives a topic the settings of its plan. */
  public void configureTopic(TopicPlan plan) {
    setup.alterTopic(plan.name(), plan.configs());
  }

  /** Gives the share group of a device class its settings. */
  public void configureShareGroup(String deviceClass) {
    setup.configureShareGroup(deviceClass);
  }

  /** An answer, empty when the cluster answers that it knows no such thing. */
  private static <T> Optional<T> known(String what, KafkaFuture<T> future) throws IOException {
    try {
      return Optional.ofNullable(future.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof org.apache.kafka.common.errors.UnknownTopicOrPartitionException
          || e.getCause() instanceof org.apache.kafka.common.errors.GroupIdNotFoundException
          || e.getCause()
              instanceof org.apache.kafka.common.errors.TransactionalIdNotFoundException) {
        return Optional.empty();
      }
      throw failed(what, e);
    } catch (TimeoutException e) {
      throw failed(what, e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static <T> T ask(String what, KafkaFuture<T> future) throws IOException {
    try {
      return future.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw failed(what, e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static IOException failed(String what, Exception e) {
    String why =
        e.getCause() instanceof ApiException api
            ? api.getMessage()
            : "no answer within " + PATIENCE.toSeconds() + " s";
    return new IOException("Kafka failed " + what + ": " + why, e);
  }

  private static IOException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new IOException("interrupted", e);
  }
}
