package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.access.AuditEntry;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who asked for what, in a topic that every replica writes and none deletes from. Requests do not
 * wait for it: what cannot be written is told as an error in the log, where its line is as well.
 */
public final class AuditLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
  private static final TopicPartition PARTITION = new TopicPartition(Topics.AUDIT, 0);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int WAITING = 10_000;

  private final KafkaSettings settings;
  private final Producer<byte[], byte[]> producer;
  private final ThreadPoolExecutor writer;

  /** Of a cluster that has the topic. */
  public AuditLog(KafkaSettings settings) {
    this.settings = requireNonNull(settings, "settings");
    Map<String, Object> config = settings.client("fewstep-audit-" + ProcessHandle.current().pid());
    config.put("acks", "all");
    config.put("enable.idempotence", true);
    config.put("max.block.ms", 10_000);
    producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    writer =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            task -> {
              Thread thread = new Thread(task, "fewstep-audit");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * An entry at its place.
   *
   * @param offset its place, which grows with time
   */
  public record Place(long offset, AuditEntry entry) {}

  /** Writes an entry, later. */
  public void write(AuditEntry entry) {
    try {
      writer.execute(() -> send(entry));
    } catch (RejectedExecutionException e) {
      LOG.error("The audit is not kept of {}: too many entries wait or the server stops", entry, e);
    }
  }

  private void send(AuditEntry entry) {
    try {
      var unused =
          producer.send(
              new ProducerRecord<>(Topics.AUDIT, 0, null, Json.toBytes(entry)),
              (metadata, failure) -> {
                if (failure != null) {
                  LOG.error("The audit is not kept of {}", entry, failure);
                }
              });
    } catch (KafkaException e) {
      LOG.error("The audit is not kept of {}", entry, e);
    }
  }

  /**
   * The newest entries, the newest first. Asks the cluster; may take seconds.
   *
   * @param before only those before this place
   * @param limit how many at most
   * @throws KafkaException when the cluster does not answer in time
   */
  public List<Place> newest(OptionalLong before, int limit) {
    Map<String, Object> config = settings.client("fewstep-audit-" + ProcessHandle.current().pid());
    config.put("enable.auto.commit", false);
    config.put("auto.offset.reset", "earliest");
    List<Place> found = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(PARTITION));
      long first = consumer.beginningOffsets(List.of(PARTITION), PATIENCE).get(PARTITION);
      long end = consumer.endOffsets(List.of(PARTITION), PATIENCE).get(PARTITION);
      long last = before.isPresent() ? Math.min(end, before.getAsLong()) : end;
      consumer.seek(PARTITION, Math.max(first, last - limit));
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (consumer.position(PARTITION, PATIENCE) < last) {
        if (System.nanoTime() > deadline) {
          throw new KafkaException("the audit was not read within " + PATIENCE.toSeconds() + " s");
        }
        for (ConsumerRecord<byte[], byte[]> one : consumer.poll(Duration.ofMillis(200))) {
          if (one.offset() < last) {
            found.add(new Place(one.offset(), Json.fromBytes(one.value(), AuditEntry.class)));
          }
        }
      }
    }
    Collections.reverse(found);
    return found;
  }

  @Override
  public void close() {
    writer.shutdown();
    try {
      if (!writer.awaitTermination(5, TimeUnit.SECONDS)) {
        LOG.warn("Entries of the audit were not written any more: {}", writer.getQueue().size());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    producer.close(Duration.ofSeconds(5));
  }
}
