package dev.fewstep.bench.orchestration;

import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.InboxMessage;
import dev.fewstep.schemas.message.Report;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The record times, by the broker's clock, of the submissions and successes in the inbox. */
final class InboxTimes implements AutoCloseable {
  private final Map<String, Long> submitted = new ConcurrentHashMap<>();
  private final Map<String, Long> succeeded = new ConcurrentHashMap<>();
  private final Thread thread;
  private volatile boolean closed;

  /** Reads from the end that the inbox has now. */
  InboxTimes(String bootstrap) {
    TopicPartition inbox = new TopicPartition(Topics.INBOX, 0);
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrap),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    consumer.assign(List.of(inbox));
    consumer.seekToEnd(List.of(inbox));
    long from = consumer.position(inbox);
    thread =
        new Thread(
            () -> {
              try (consumer) {
                consumer.seek(inbox, from);
                while (!closed) {
                  consumer.poll(Duration.ofMillis(200)).forEach(this::note);
                }
              }
            },
            "bench-inbox");
    thread.start();
  }

  private void note(ConsumerRecord<byte[], byte[]> record) {
    InboxMessage message = Json.fromBytes(record.value(), InboxMessage.class);
    if (message instanceof Command.SubmitExperiment submit) {
      submitted.putIfAbsent(
          submit.experiment().metadata().name()
              + "-"
              + submit.commandId().toString().substring(0, 8),
          record.timestamp());
    } else if (message instanceof Report.Succeeded success) {
      succeeded.putIfAbsent(success.taskKey(), record.timestamp());
    }
  }

  Optional<Long> submitted(String experimentId) {
    return Optional.ofNullable(submitted.get(experimentId));
  }

  Optional<Long> succeeded(String taskKey) {
    return Optional.ofNullable(succeeded.get(taskKey));
  }

  @Override
  public void close() {
    closed = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
