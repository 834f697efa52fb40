package dev.fewstep.chaos.check;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.message.InboxMessage;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.state.StateCodec;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads inbox, state, tasks and control from their beginning as committed, on a thread of its own;
 * hands every record to a checker and keeps it in a file, one line each.
 */
public final class HistoryTail implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HistoryTail.class);
  private static final List<String> TOPICS =
      List.of(Topics.INBOX, Topics.STATE, Topics.CONTROL, Topics.tasks("cpu"));

  private final String bootstrap;
  private final Path file;
  private final HistoryChecker checker;
  private final Findings findings;
  private final StateCodec codec = new StateCodec();
  private final Map<TopicPartition, Long> next = new HashMap<>();
  private final Thread thread;
  private volatile boolean stopping;
  private volatile boolean drained;

  private HistoryTail(String bootstrap, Path file, HistoryChecker checker, Findings findings) {
    this.bootstrap = requireNonNull(bootstrap, "bootstrap");
    this.file = requireNonNull(file, "file");
    this.checker = requireNonNull(checker, "checker");
    this.findings = requireNonNull(findings, "findings");
    this.thread = new Thread(this::run, "chaos-history");
    thread.setDaemon(true);
  }

  /** Begins to read. */
  public static HistoryTail start(
      String bootstrap, Path file, HistoryChecker checker, Findings findings) {
    HistoryTail tail = new HistoryTail(bootstrap, file, checker, findings);
    tail.thread.start();
    return tail;
  }

  /** Properties of a consumer that reads what is committed. */
  static Map<String, Object> settings(String bootstrap) {
    return Map.of(
        "bootstrap.servers",
        bootstrap,
        "isolation.level",
        "read_committed",
        "enable.auto.commit",
        false,
        "auto.offset.reset",
        "none",
        "allow.auto.create.topics",
        false,
        "metadata.max.age.ms",
        2_000,
        "reconnect.backoff.max.ms",
        1_000,
        "max.poll.records",
        5_000,
        "key.deserializer",
        ByteArrayDeserializer.class,
        "value.deserializer",
        ByteArrayDeserializer.class);
  }

  private void run() {
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file), 1 << 16)) {
      while (!stopping) {
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings(bootstrap))) {
          read(consumer, out);
        } catch (KafkaException e) {
          LOG.warn("Reading the history failed and goes on: {}", e.toString());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }

  private void read(KafkaConsumer<byte[], byte[]> consumer, OutputStream out) throws IOException {
    long looked = 0;
    while (!stopping) {
      if (consumer.assignment().size() < TOPICS.size()
          && System.nanoTime() - looked > Duration.ofMillis(500).toNanos()) {
        looked = System.nanoTime();
        assign(consumer);
      }
      int count = 0;
      if (!consumer.assignment().isEmpty()) {
        for (ConsumerRecord<byte[], byte[]> found : consumer.poll(Duration.ofMillis(100))) {
          accept(found, out);
          count++;
        }
      }
      drained = count == 0 && caughtUp(consumer);
    }
  }

  private boolean caughtUp(KafkaConsumer<byte[], byte[]> consumer) {
    for (TopicPartition partition : consumer.assignment()) {
      if (consumer.currentLag(partition).orElse(1) > 0) {
        return false;
      }
    }
    return consumer.assignment().size() == TOPICS.size();
  }

  private void assign(KafkaConsumer<byte[], byte[]> consumer) {
    Map<String, ?> there = consumer.listTopics();
    List<TopicPartition> partitions =
        TOPICS.stream()
            .filter(there::containsKey)
            .map(topic -> new TopicPartition(topic, 0))
            .toList();
    if (partitions.size() == consumer.assignment().size()) {
      return;
    }
    Map<TopicPartition, Long> begin = consumer.beginningOffsets(partitions);
    consumer.assign(partitions);
    for (TopicPartition partition : partitions) {
      consumer.seek(partition, next.computeIfAbsent(partition, begin::get));
    }
  }

  private void accept(ConsumerRecord<byte[], byte[]> found, OutputStream out) throws IOException {
    TopicPartition partition = new TopicPartition(found.topic(), found.partition());
    long expected = next.getOrDefault(partition, 0L);
    if (found.topic().equals(Topics.INBOX)) {
      // Only this topic is written without transactions, whose markers take offsets too.
      findings.check(
          found.offset() == expected,
          Invariant.HISTORY_WHOLE,
          found.topic(),
          found.offset(),
          "offset " + found.offset() + " was read where " + expected + " was expected");
    }
    next.put(partition, found.offset() + 1);
    String key = found.key() == null ? "" : new String(found.key(), StandardCharsets.UTF_8);
    String value =
        found.value() == null ? "null" : new String(found.value(), StandardCharsets.UTF_8);
    out.write(
        "{\"topic\":\"%s\",\"offset\":%d,\"at\":%d,\"key\":\"%s\",\"value\":%s}%n"
            .formatted(found.topic(), found.offset(), found.timestamp(), key, value)
            .getBytes(StandardCharsets.UTF_8));
    try {
      check(found, key);
    } catch (RuntimeException e) {
      findings.check(
          false, Invariant.HISTORY_WHOLE, found.topic(), found.offset(), "unreadable: " + e);
    }
  }

  private void check(ConsumerRecord<byte[], byte[]> found, String key) {
    if (found.topic().equals(Topics.STATE)) {
      checker.state(
          found.offset(),
          Instant.ofEpochMilli(found.timestamp()),
          codec.decode(key, Optional.ofNullable(found.value())));
    } else if (found.value() == null) {
      return;
    } else if (found.topic().equals(Topics.INBOX)) {
      checker.inbox(Json.fromBytes(found.value(), InboxMessage.class));
    } else if (found.topic().equals(Topics.CONTROL)) {
      checker.control(found.offset(), Json.fromBytes(found.value(), ControlMessage.class));
    } else {
      checker.published(Json.fromBytes(found.value(), TaskMessage.class));
    }
  }

  /** Waits until everything that is there has been read. */
  public boolean awaitDrained(Duration timeout) throws InterruptedException {
    drained = false;
    long deadline = System.nanoTime() + timeout.toNanos();
    while (!drained && System.nanoTime() < deadline) {
      Thread.sleep(100);
    }
    return drained;
  }

  @Override
  public void close() {
    stopping = true;
    try {
      thread.join(Duration.ofSeconds(20).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
