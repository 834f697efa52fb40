package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.MetricBatch;
import dev.fewstep.schemas.message.MetricBatch.Point;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The live ends of training curves, in bounded memory: of each of the tasks heard of last, thinned
 * curves. The full curve is an artifact of the task. Losing points is harmless, so errors are
 * logged and reading goes on.
 */
public final class MetricsTail implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsTail.class);
  private static final int TASKS = 256;
  private static final int POINTS = 2_000;
  private static final Duration LOOK_BACK = Duration.ofHours(1);

  private final KafkaSettings settings;
  private final Clock clock;
  private final Thread thread;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final List<Consumer<MetricBatch>> listeners = new CopyOnWriteArrayList<>();
  private final Map<String, CurveTail> tails =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, CurveTail> eldest) {
          return size() > TASKS;
        }
      };

  private MetricsTail(KafkaSettings settings, Clock clock) {
    this.settings = requireNonNull(settings, "settings");
    this.clock = requireNonNull(clock, "clock");
    this.thread = new Thread(this::run, "fewstep-metrics");
    this.thread.setDaemon(true);
  }

  /** Starts to read, from an hour ago. The topic must exist. */
  public static MetricsTail start(KafkaSettings settings, Clock clock) {
    MetricsTail tail = new MetricsTail(settings, clock);
    tail.thread.start();
    return tail;
  }

  /** What is known of a task's curves, curve by curve, by step; empty when nothing is. */
  public List<Point> points(String taskKey) {
    synchronized (tails) {
      CurveTail tail = tails.get(taskKey);
      return tail == null ? List.of() : tail.points();
    }
  }

  /** The last lines that a task's newest attempt logged; empty when nothing is known of them. */
  public List<String> lines(String taskKey) {
    synchronized (tails) {
      CurveTail tail = tails.get(taskKey);
      return tail == null ? List.of() : tail.lines();
    }
  }

  /** Where a task's curves stand, by name; empty when nothing is known of them. Quick. */
  public Map<String, CurveEnd> ends(String taskKey) {
    synchronized (tails) {
      CurveTail tail = tails.get(taskKey);
      return tail == null ? Map.of() : tail.ends();
    }
  }

  /** Calls a listener with every batch read; it must be quick. */
  public StateView.Subscription subscribe(Consumer<MetricBatch> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  private void run() {
    while (stop.getCount() > 0) {
      try {
        tail();
      } catch (RuntimeException e) {
        if (stop.getCount() > 0) {
          LOG.warn("Metrics cannot be read; trying again", e);
          pause();
        }
      }
    }
  }

  private void pause() {
    try {
      boolean stopped = stop.await(2, TimeUnit.SECONDS);
      LOG.debug("Paused, stopped: {}", stopped);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stop.countDown();
    }
  }

  private void tail() {
    Map<String, Object> config =
        settings.client("fewstep-metrics-" + ProcessHandle.current().pid());
    config.put("enable.auto.commit", false);
    config.put("auto.offset.reset", "latest");
    List<TopicPartition> partitions =
        IntStream.range(0, Topics.METRICS_PARTITIONS)
            .mapToObj(partition -> new TopicPartition(Topics.METRICS, partition))
            .toList();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(partitions);
      Map<TopicPartition, Long> since = new HashMap<>();
      long from = clock.instant().minus(LOOK_BACK).toEpochMilli();
      partitions.forEach(partition -> since.put(partition, from));
      consumer
          .offsetsForTimes(since)
          .forEach(
              (partition, found) -> {
                if (found == null) {
                  consumer.seekToEnd(List.of(partition));
                } else {
                  consumer.seek(partition, found.offset());
                }
              });
      while (stop.getCount() > 0) {
        for (ConsumerRecord<byte[], byte[]> found : consumer.poll(Duration.ofMillis(250))) {
          take(found);
        }
      }
    }
  }

  private void take(ConsumerRecord<byte[], byte[]> found) {
    MetricBatch batch;
    try {
      batch = Json.fromBytes(found.value(), MetricBatch.class);
    } catch (RuntimeException e) {
      LOG.debug("A record of the metrics topic is no batch", e);
      return;
    }
    synchronized (tails) {
      tails.computeIfAbsent(batch.taskKey(), key -> new CurveTail(POINTS)).add(batch);
    }
    listeners.forEach(listener -> listener.accept(batch));
  }

  @Override
  public void close() {
    stop.countDown();
    try {
      thread.join(Duration.ofSeconds(5).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
