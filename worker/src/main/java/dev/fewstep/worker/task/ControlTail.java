package dev.fewstep.worker.task;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.WorkerOrder;
import dev.fewstep.worker.ops.WorkerMetrics;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the control topic from its beginning, for ever, on a thread of its own, into a {@link
 * ControlView}. An assigned consumer without a group: nothing is committed.
 */
public final class ControlTail implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlTail.class);
  private static final TopicPartition CONTROL = new TopicPartition(Topics.CONTROL, 0);
  private static final Duration POLL = Duration.ofMillis(300);
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final KafkaSettings kafka;
  private final UUID workerId;
  private final ControlView view;
  private final WorkerMetrics metrics;
  private final Admin admin;
  private final Thread thread;
  private final Object lock = new Object();
  private long position = -1;
  private boolean atEnd;
  private volatile boolean closed;

  private ControlTail(KafkaSettings kafka, UUID workerId, ControlView view, WorkerMetrics metrics) {
    this.kafka = requireNonNull(kafka, "kafka");
    this.workerId = requireNonNull(workerId, "workerId");
    this.view = requireNonNull(view, "view");
    this.metrics = requireNonNull(metrics, "metrics");
    this.admin = Admin.create(kafka.client());
    this.thread = new Thread(this::loop, "fewstep-control");
    thread.setDaemon(true);
  }

  /** Starts reading. The topic may be made later. */
  public static ControlTail start(
      KafkaSettings kafka, UUID workerId, ControlView view, WorkerMetrics metrics) {
    ControlTail tail = new ControlTail(kafka, workerId, view, metrics);
    tail.thread.start();
    return tail;
  }

  /**
   * Waits until the view holds everything that was in the topic when this was called, open
   * transactions included: a task that became visible was published together with its control.
   *
   * @return false when that did not come about in time
   */
  public boolean awaitCurrent(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    long end;
    try {
      end =
          admin
              .listOffsets(
                  Map.of(CONTROL, OffsetSpec.latest()),
                  new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
              .partitionResult(CONTROL)
              .get(timeout.toMillis(), TimeUnit.MILLISECONDS)
              .offset();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("The end of {} cannot be read: {}", Topics.CONTROL, e.toString());
      return false;
    }
    synchronized (lock) {
      while (position < end) {
        long left = deadline - System.nanoTime();
        if (left <= 0 || closed) {
          return false;
        }
        lock.wait(left / 1_000_000 + 1);
      }
    }
    return true;
  }

  /**
   * Whether the view held everything that the broker knew of when it last answered, without asking
   * it now. What was written a moment ago may be missing.
   */
  public boolean isAtEnd() {
    synchronized (lock) {
      return atEnd && !closed;
    }
  }

  /** Whether the topic was found and is being read. */
  public boolean isReading() {
    synchronized (lock) {
      return position >= 0 && !closed;
    }
  }

  @Override
  public void close() {
    closed = true;
    synchronized (lock) {
      lock.notifyAll();
    }
    boolean interrupted = false;
    try {
      thread.join(10_000);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    admin.close(Duration.ofSeconds(5));
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void loop() {
    while (!closed) {
      try {
        if (topicExists()) {
          read();
        }
      } catch (KafkaException e) {
        if (!closed) {
          LOG.warn("Reading {} failed and starts again: {}", Topics.CONTROL, e.toString());
        }
      } catch (InterruptedException e) {
        break;
      }
      pause();
    }
  }

  private boolean topicExists() throws InterruptedException {
    try {
      return admin.listTopics().names().get(10_000, TimeUnit.MILLISECONDS).contains(Topics.CONTROL);
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("Kafka at {} does not answer: {}", kafka.bootstrapServers(), e.toString());
      return false;
    }
  }

  private void read() {
    try (KafkaConsumer<byte[], byte[]> reader =
            new KafkaConsumer<>(
                kafka.controlConsumer(workerId),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        KafkaClientMetrics meters = metrics.watch(new KafkaClientMetrics(reader))) {
      LOG.debug("Measured by {}", meters);
      reader.assign(List.of(CONTROL));
      reader.seekToBeginning(List.of(CONTROL));
      while (!closed) {
        for (ConsumerRecord<byte[], byte[]> record : reader.poll(POLL)) {
          apply(record);
        }
        long now = reader.position(CONTROL);
        boolean end = reader.currentLag(CONTROL).orElse(1) == 0;
        synchronized (lock) {
          position = now;
          atEnd = end;
          lock.notifyAll();
        }
      }
    } finally {
      synchronized (lock) {
        position = -1;
        atEnd = false;
      }
    }
  }

  private void apply(ConsumerRecord<byte[], byte[]> record) {
    String key = new String(record.key(), StandardCharsets.UTF_8);
    if (WorkerOrder.isKey(key)) {
      order(key, record);
      return;
    }
    if (record.value() == null) {
      view.forget(key);
      return;
    }
    view.apply(key, record.value());
  }

  private void order(String key, ConsumerRecord<byte[], byte[]> record) {
    if (!key.equals(new WorkerOrder(workerId, false).key())) {
      return;
    }
    if (record.value() == null) {
      view.order(false);
      return;
    }
    try {
      view.order(Json.fromBytes(record.value(), WorkerOrder.class).drain());
    } catch (UncheckedIOException e) {
      LOG.error("The order at offset {} cannot be read and is ignored", record.offset(), e);
    }
  }

  private void pause() {
    if (!closed) {
      try {
        Thread.sleep(PAUSE.toMillis());
      } catch (InterruptedException e) {
        closed = true;
      }
    }
  }
}
