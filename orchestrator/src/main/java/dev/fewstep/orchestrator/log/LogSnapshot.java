package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.state.InboxPosition;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.schemas.state.StateEntity;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * What is committed at one moment: the state, and the part of the inbox that it has not decided.
 * Both together lose nothing; taking them needs no orchestrator.
 *
 * @param state bytes of every entity by its key
 * @param stateOffset the state topic was read up to here
 * @param position the inbox was decided up to here
 * @param inbox values of the committed inbox records from there on
 */
public record LogSnapshot(
    Map<String, byte[]> state, long stateOffset, long position, List<byte[]> inbox) {
  private static final TopicPartition INBOX = new TopicPartition(Topics.INBOX, 0);
  private static final TopicPartition STATE = new TopicPartition(Topics.STATE, 0);
  private static final int TRIES = 3;

  public LogSnapshot {
    requireNonNull(state, "state");
    inbox = List.copyOf(inbox);
  }

  /**
   * Reads it; empty when the cluster has no topic of state, or nothing is committed in it.
   *
   * @throws LogGapException when the undecided part of the inbox is not all there
   * @throws org.apache.kafka.common.KafkaException when the cluster does not answer
   */
  public static Optional<LogSnapshot> read(KafkaSettings settings) {
    Map<String, Object> config = settings.client("fewstep-snapshot");
    config.put("isolation.level", "read_committed");
    config.put("enable.auto.commit", false);
    config.put("auto.offset.reset", "none");
    config.put("max.poll.records", 5_000);
    config.put("default.api.timeout.ms", 20_000);
    try (Consumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      if (!consumer.listTopics().keySet().containsAll(List.of(Topics.STATE, Topics.INBOX))) {
        return Optional.empty();
      }
      LogGapException gap = null;
      for (int attempt = 0; attempt < TRIES; attempt++) {
        try {
          return read(consumer);
        } catch (LogGapException e) {
          // The leader went on and deleted what it had decided meanwhile: take both anew.
          gap = e;
        }
      }
      throw requireNonNull(gap);
    }
  }

  private static Optional<LogSnapshot> read(Consumer<byte[], byte[]> consumer) {
    Map<String, byte[]> state = new LinkedHashMap<>();
    long end = consumer.endOffsets(List.of(STATE)).get(STATE);
    consumer.assign(List.of(STATE));
    consumer.seek(STATE, consumer.beginningOffsets(List.of(STATE)).get(STATE));
    while (consumer.position(STATE) < end) {
      for (ConsumerRecord<byte[], byte[]> found : consumer.poll(Duration.ofSeconds(1))) {
        String key = new String(found.key(), StandardCharsets.UTF_8);
        if (found.offset() >= end) {
          continue;
        }
        if (found.value() == null) {
          state.remove(key);
        } else {
          state.put(key, found.value());
        }
      }
    }
    if (state.isEmpty()) {
      return Optional.empty();
    }
    long position = position(state);
    List<byte[]> inbox = new ArrayList<>();
    consumer.assign(List.of(INBOX));
    long begin = consumer.beginningOffsets(List.of(INBOX)).get(INBOX);
    long last = consumer.endOffsets(List.of(INBOX)).get(INBOX);
    if (begin > position || last < position) {
      throw new LogGapException(
          "The state was decided up to inbox offset "
              + position
              + ", but the inbox holds offsets "
              + begin
              + " to "
              + last
              + ".");
    }
    consumer.seek(INBOX, position);
    while (consumer.position(INBOX) < last) {
      for (ConsumerRecord<byte[], byte[]> found : consumer.poll(Duration.ofSeconds(1))) {
        if (found.value() != null) {
          inbox.add(found.value());
        }
      }
    }
    return Optional.of(new LogSnapshot(state, end, position, inbox));
  }

  private static long position(Map<String, byte[]> state) {
    String key = StateEntity.POSITION.key("");
    return new StateCodec()
        .decode(key, Optional.ofNullable(state.get(key)))
        .value()
        .map(InboxPosition.class::cast)
        .map(InboxPosition::offset)
        .orElse(0L);
  }
}
