package dev.fewstep.worker.task;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.MetricBatch;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.telemetry.Traceparent;
import dev.fewstep.worker.ops.WorkerMetrics;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import io.opentelemetry.context.Context;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker's only producer: reports to the inbox, acknowledged by all replicas in sync and in the
 * order sent, and metrics. Safe for use by several threads.
 */
public final class TaskReporter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TaskReporter.class);
  private static final long DELIVERY_SECONDS = 30;

  private final KafkaProducer<byte[], byte[]> producer;
  private final KafkaClientMetrics meters;

  /** Opens the producer; nothing is sent yet. */
  public TaskReporter(KafkaSettings kafka, UUID workerId, WorkerMetrics metrics) {
    this.producer =
        new KafkaProducer<>(
            requireNonNull(kafka, "kafka").producer(workerId),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    this.meters = metrics.watch(new KafkaClientMetrics(producer));
  }

  /**
   * Sends a report and waits until it is in the inbox.
   *
   * @return whether it is; false also when the thread is interrupted
   */
  public boolean deliver(Report report) {
    try {
      send(Topics.INBOX, keyOf(report), Json.toBytes(report))
          .get(DELIVERY_SECONDS, TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      LOG.warn("{} was not delivered: {}", describe(report), e.toString());
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Sends a report that may be lost: the next one says the same. */
  public void announce(Report report) {
    sendQuietly(Topics.INBOX, keyOf(report), Json.toBytes(report), describe(report));
  }

  /** Sends points of curves, which may be lost: the whole curve is an artifact. */
  public void metrics(MetricBatch batch) {
    sendQuietly(
        Topics.METRICS, batch.taskKey(), Json.toBytes(batch), "metrics of " + batch.taskKey());
  }

  @Override
  public void close() {
    meters.close();
    producer.close(Duration.ofSeconds(10));
  }

  private void sendQuietly(String topic, String key, byte[] value, String what) {
    try {
      Future<RecordMetadata> sent =
          producer.send(
              record(topic, key, value),
              (metadata, error) -> {
                if (error != null) {
                  LOG.warn("{} was not delivered: {}", what, error.toString());
                }
              });
      LOG.trace("Sent {} ({})", what, sent);
    } catch (KafkaException | IllegalStateException e) {
      LOG.warn("{} was not sent: {}", what, e.toString());
    }
  }

  private Future<RecordMetadata> send(String topic, String key, byte[] value) {
    return producer.send(record(topic, key, value));
  }

  /** A record that belongs to the trace in which it is sent. */
  private static ProducerRecord<byte[], byte[]> record(String topic, String key, byte[] value) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), value);
    Traceparent.write(Context.current(), record.headers());
    return record;
  }

  private static String keyOf(Report report) {
    if (report instanceof Report.ExecutionReport execution) {
      return execution.taskKey();
    }
    return ((Report.Presence) report).workerId().toString();
  }

  private static String describe(Report report) {
    return report.getClass().getSimpleName() + " of " + keyOf(report);
  }
}
