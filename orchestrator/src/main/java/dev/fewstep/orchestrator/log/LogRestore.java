package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.state.InboxPosition;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.schemas.state.StateRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writes a state and its undecided inbox into a cluster where no orchestrator runs: all of it in
 * one transaction under the leader's id, so that it is there wholly or not at all and no leader of
 * before can write behind it.
 */
public final class LogRestore implements AutoCloseable {
  private static final TopicPartition INBOX = new TopicPartition(Topics.INBOX, 0);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int TRANSACTION_MS = (int) Duration.ofMinutes(15).toMillis();

  private final KafkaSettings settings;
  private final Admin admin;

  /** Connects when first used. */
  public LogRestore(KafkaSettings settings) {
    this.settings = requireNonNull(settings, "settings");
    Map<String, Object> config = settings.client("fewstep-restore");
    config.put("default.api.timeout.ms", (int) PATIENCE.toMillis());
    this.admin = Admin.create(config);
  }

  /** How many orchestrators stand for leadership. */
  public int orchestrators() {
    try {
      return await(
              "describing the group of the orchestrators",
              admin
                  .describeConsumerGroups(List.of(LeaderLoop.GROUP))
                  .describedGroups()
                  .get(LeaderLoop.GROUP))
          .members()
          .size();
    } catch (GroupIdNotFoundException e) {
      return 0;
    }
  }

  /** The topics of fewstep that are there. */
  public Set<String> topics() {
    Set<String> found = new TreeSet<>(await("listing the topics", admin.listTopics().names()));
    found.removeIf(
        name ->
            !List.of(Topics.INBOX, Topics.STATE, Topics.CONTROL, Topics.METRICS).contains(name)
                && Topics.deviceClassOf(name).isEmpty());
    return found;
  }

  /** Deletes topics and waits until they are gone. */
  public void delete(Collection<String> topics) {
    await("deleting the topics", admin.deleteTopics(topics).all());
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (topics().stream().anyMatch(topics::contains)) {
      if (System.nanoTime() > deadline) {
        throw new KafkaException("the deleted topics are still listed after " + PATIENCE);
      }
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted while topics were deleted", e);
    }
  }

  /**
   * Makes the topics that are missing and writes, all or nothing.
   *
   * @param state bytes by key; the inbox position in it is replaced by the place of {@code inbox}
   * @param inbox values of inbox records
   * @param written called after each record
   */
  public void write(Map<String, byte[]> state, List<byte[]> inbox, Runnable written) {
    try (TopicSetup setup = new TopicSetup(settings, Duration.ofSeconds(15))) {
      setup.ensureTopics();
    }
    Map<String, Object> config = settings.client("fewstep-restore-writer");
    config.put("transactional.id", KafkaSettings.TRANSACTIONAL_ID);
    config.put("transaction.timeout.ms", TRANSACTION_MS);
    config.put("acks", "all");
    config.put("compression.type", "lz4");
    config.put("max.block.ms", PATIENCE.toMillis());
    config.put("max.request.size", TopicSetup.MAX_RECORD_BYTES);
    try (Producer<byte[], byte[]> producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.initTransactions();
      long position = inboxEnd();
      producer.beginTransaction();
      for (byte[] value : inbox) {
        var unused = producer.send(new ProducerRecord<>(Topics.INBOX, 0, null, value));
        written.run();
      }
      StateRecord place = StateRecord.of(new InboxPosition(position));
      state.forEach(
          (key, value) -> {
            if (!key.equals(place.key())) {
              send(producer, key, value);
            }
            written.run();
          });
      send(producer, place.key(), new StateCodec().encode(place).orElseThrow());
      producer.commitTransaction();
    }
  }

  /** Where the inbox ends; a topic that was made a moment ago is not known everywhere yet. */
  private long inboxEnd() {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        return await(
                "asking for the end of the inbox",
                admin.listOffsets(Map.of(INBOX, OffsetSpec.latest())).partitionResult(INBOX))
            .offset();
      } catch (KafkaException e) {
        boolean unknown =
            e.getCause() != null
                && e.getCause().getCause() instanceof UnknownTopicOrPartitionException;
        if (!unknown || System.nanoTime() > deadline) {
          throw e;
        }
        pause();
      }
    }
  }

  private static void send(Producer<byte[], byte[]> producer, String key, byte[] value) {
    var unused =
        producer.send(
            new ProducerRecord<>(Topics.STATE, 0, key.getBytes(StandardCharsets.UTF_8), value));
  }

  private static <T> T await(String what, KafkaFuture<T> answer) {
    try {
      return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GroupIdNotFoundException missing) {
        throw missing;
      }
      throw new KafkaException("Kafka failed " + what + ": " + e.getCause().getMessage(), e);
    } catch (TimeoutException e) {
      throw new KafkaException("Kafka did not answer within " + PATIENCE + " when " + what, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException("interrupted when " + what, e);
    }
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(2));
  }
}
