package dev.fewstep.worker.task;

import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.TaskMessage;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicIdPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done with one record of a task topic. */
final class Records {
  private static final Logger LOG = LoggerFactory.getLogger(Records.class);

  private Records() {}

  /** The task in a record, nothing when it cannot be read. */
  static Optional<TaskMessage> read(ConsumerRecord<byte[], byte[]> record) {
    try {
      return Optional.of(Json.fromBytes(record.value(), TaskMessage.class));
    } catch (UncheckedIOException | IllegalArgumentException e) {
      LOG.error("The task at offset {} cannot be read and is rejected", record.offset(), e);
      return Optional.empty();
    }
  }

  /**
   * Answers for a record. A lost share lock is no error: the task may then be taken twice, and the
   * leader binds the attempt to one of the two.
   */
  static void answer(
      KafkaShareConsumer<byte[], byte[]> group,
      ConsumerRecord<byte[], byte[]> record,
      AcknowledgeType type) {
    group.acknowledge(record, type);
    Map<TopicIdPartition, Optional<KafkaException>> committed = group.commitSync();
    committed.forEach(
        (partition, error) ->
            error.ifPresent(
                e -> LOG.warn("{} of {} was refused: {}", type, partition, e.toString())));
  }
}
