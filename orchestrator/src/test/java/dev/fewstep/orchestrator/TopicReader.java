package dev.fewstep.orchestrator;

import dev.fewstep.orchestrator.log.KafkaSettings;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.InboxMessage;
import dev.fewstep.schemas.message.MetricBatch;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.schemas.state.StateRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** What tests read from topics and write to them, as a worker would. */
final class TopicReader implements AutoCloseable {
  private final KafkaSettings settings;
  private final KafkaProducer<byte[], byte[]> producer;

  TopicReader(KafkaSettings settings) {
    this.settings = settings;
    this.producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", settings.bootstrapServers(), "linger.ms", 0),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  void report(InboxMessage message) {
    send(new ProducerRecord<>(Topics.INBOX, 0, null, Json.toBytes(message)));
  }

  /** A worker that stays idle and says so every second. */
  Present idle(UUID worker, String deviceClass) {
    ScheduledExecutorService heart = Executors.newSingleThreadScheduledExecutor();
    var unused =
        heart.scheduleWithFixedDelay(
            () ->
                report(
                    new Report.Presence(
                        Instant.now(),
                        worker,
                        deviceClass,
                        "a test",
                        1,
                        Map.of(),
                        Optional.empty(),
                        true)),
            0,
            1,
            TimeUnit.SECONDS);
    return heart::shutdownNow;
  }

  /** Ends a worker's presence. */
  @FunctionalInterface
  interface Present extends AutoCloseable {
    @Override
    void close();
  }

  void garbage() {
    send(new ProducerRecord<>(Topics.INBOX, 0, null, "{no json".getBytes(StandardCharsets.UTF_8)));
  }

  void metrics(MetricBatch batch) {
    send(
        new ProducerRecord<>(
            Topics.METRICS, batch.taskKey().getBytes(StandardCharsets.UTF_8), Json.toBytes(batch)));
  }

  private void send(ProducerRecord<byte[], byte[]> found) {
    try {
      producer.send(found).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    } catch (java.util.concurrent.ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  /** Writes messages as one batch: they are read together. */
  void together(InboxMessage... messages) {
    try (KafkaProducer<byte[], byte[]> batching =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", settings.bootstrapServers(), "linger.ms", 1_000),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (InboxMessage message : messages) {
        var unused =
            batching.send(new ProducerRecord<>(Topics.INBOX, 0, null, Json.toBytes(message)));
      }
    }
  }

  /** Every committed record of a one-partition topic so far. */
  <T> List<T> committed(String topic, Class<T> type) {
    return read(topic, "read_committed").stream()
        .map(found -> Json.fromBytes(found.value(), type))
        .toList();
  }

  /** Every record of a one-partition topic so far, aborted ones and those of open transactions. */
  <T> List<T> written(String topic, Class<T> type) {
    return read(topic, "read_uncommitted").stream()
        .map(found -> Json.fromBytes(found.value(), type))
        .toList();
  }

  /** The committed state, in the order in which it was written. */
  List<StateRecord> state() {
    StateCodec codec = new StateCodec();
    return read(Topics.STATE, "read_committed").stream()
        .map(
            found ->
                codec.decode(
                    new String(found.key(), StandardCharsets.UTF_8),
                    Optional.ofNullable(found.value())))
        .toList();
  }

  private List<ConsumerRecord<byte[], byte[]>> read(String topic, String isolation) {
    TopicPartition partition = new TopicPartition(topic, 0);
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers",
            settings.bootstrapServers(),
            "isolation.level",
            isolation,
            "auto.offset.reset",
            "none");
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      if (consumer.listTopics().get(topic) == null) {
        return records;
      }
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).get(partition);
      while (consumer.position(partition) < end) {
        consumer.poll(Duration.ofMillis(200)).forEach(records::add);
      }
    }
    return records;
  }

  @Override
  public void close() {
    producer.close();
  }
}
