package dev.fewstep.worker.ops;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.telemetry.KafkaMeters;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.DiskSpaceMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** What the worker counts and measures. The names are those of {@link Meter}. */
public final class WorkerMetrics implements AutoCloseable {
  private static final Duration[] TASK_TIMES = {
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(15),
    Duration.ofMinutes(1),
    Duration.ofMinutes(5),
    Duration.ofMinutes(30),
    Duration.ofHours(2),
    Duration.ofHours(12)
  };
  private static final Duration[] STEP_TIMES = {
    Duration.ofMillis(1),
    Duration.ofMillis(10),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(30),
    Duration.ofMinutes(2)
  };

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics collections = new JvmGcMetrics();
  private final AtomicInteger busy = new AtomicInteger();
  private final Map<String, Timer> steps = new ConcurrentHashMap<>();
  private final Map<String, Timer> storeAnswers = new ConcurrentHashMap<>();
  private final Counter uploaded;
  private final Counter fetched;
  private final Counter storeFailures;
  private final Counter heartbeats;
  private final Counter images;
  private volatile Optional<TaskGauges> running = Optional.empty();

  /**
   * A registry of its own, with the meters of the JVM.
   *
   * @param deviceClass device class of the worker, the label {@code class} of every meter
   * @param build version, commit and the like, labels of {@code fewstep_build_info}
   */
  public WorkerMetrics(String deviceClass, Map<String, String> build) {
    registry.config().commonTags("class", requireNonNull(deviceClass, "deviceClass"));
    KafkaMeters.limit(registry.config());
    new ClassLoaderMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    collections.bindTo(registry);
    Gauge.builder(Meter.BUILD_INFO.id(), () -> 1)
        .description(Meter.BUILD_INFO.help())
        .tag("component", "worker")
        .tag("version", build.getOrDefault("version", "unknown"))
        .tag("commit", build.getOrDefault("commit", "unknown"))
        .tag("java", Runtime.version().toString())
        .register(registry);
    Gauge.builder(Meter.BUSY.id(), busy, AtomicInteger::get)
        .description(Meter.BUSY.help())
        .register(registry);
    uploaded = counter(Meter.STORE_BYTES, Tags.of("direction", "up"));
    fetched = counter(Meter.STORE_BYTES, Tags.of("direction", "down"));
    storeFailures = counter(Meter.STORE_FAILURES, Tags.empty());
    heartbeats = counter(Meter.HEARTBEATS, Tags.empty());
    images = counter(Meter.TRAIN_IMAGES, Tags.empty());
  }

  private Counter counter(Meter meter, Tags tags) {
    return Counter.builder(meter.id()).description(meter.help()).tags(tags).register(registry);
  }

  private Timer timer(Meter meter, Duration[] buckets, Tags tags) {
    return Timer.builder(meter.id())
        .description(meter.help())
        .tags(tags)
        .serviceLevelObjectives(buckets)
        .register(registry);
  }

  /**
   * Adds meters of a library; they go when it is closed. Of Kafka's only those of {@link
   * KafkaMeters} are kept.
   */
  public <T extends MeterBinder> T watch(T binder) {
    binder.bindTo(registry);
    return binder;
  }

  /** Measures the room on the disk of a directory. */
  public void watchDisk(Path directory) {
    new DiskSpaceMetrics(directory.toFile()).bindTo(registry);
  }

  /**
   * Measures the memory where tasks compute; there is no series while nothing tells.
   *
   * @param used bytes in use now
   * @param all bytes that there are
   */
  public void watchMemory(Supplier<OptionalDouble> used, long all) {
    if (used.get().isPresent()) {
      Gauge.builder(Meter.DEVICE_MEMORY_USED.id(), () -> used.get().orElse(Double.NaN))
          .description(Meter.DEVICE_MEMORY_USED.help())
          .baseUnit("bytes")
          .register(registry);
      Gauge.builder(Meter.DEVICE_MEMORY.id(), () -> all)
          .description(Meter.DEVICE_MEMORY.help())
          .baseUnit("bytes")
          .register(registry);
    }
  }

  /** Measures how busy the GPU is. */
  public void watchUtilisation(GpuUtilisation gpu) {
    Gauge.builder(Meter.DEVICE_UTILISATION.id(), () -> gpu.ratio().orElse(Double.NaN))
        .description(Meter.DEVICE_UTILISATION.help())
        .register(registry);
  }

  /** A task begins. */
  public void taskBegins(TaskMessage task) {
    busy.set(1);
    running = Optional.of(new TaskGauges(registry, task));
  }

  /**
   * A task has ended.
   *
   * @param kind its kind
   * @param outcome {@code succeeded}, {@code failed}, {@code released} or {@code abandoned}
   * @param took its wall time
   */
  public void taskEnds(TaskKind kind, String outcome, Duration took) {
    busy.set(0);
    timer(
            Meter.EXECUTION,
            TASK_TIMES,
            Tags.of("kind", kind.name().toLowerCase(Locale.ROOT), "outcome", outcome))
        .record(took);
    running.ifPresent(TaskGauges::end);
    running = Optional.empty();
  }

  /** A training step was made; see {@code TaskListener.trained}. */
  public void trained(int count, Map<String, Double> seconds) {
    images.increment(count);
    seconds.forEach(
        (part, value) ->
            steps
                .computeIfAbsent(
                    part, name -> timer(Meter.TRAIN_STEP, STEP_TIMES, Tags.of("part", name)))
                .record(Duration.ofNanos((long) (value * 1e9))));
  }

  /** A point of a curve of the running task; those that have no gauge are ignored. */
  public void point(String name, double value) {
    running.ifPresent(gauges -> gauges.point(name, value));
  }

  /** How far the running task is. */
  public void progress(long step, long total) {
    running.ifPresent(
        gauges -> {
          gauges.set(Meter.TASK_STEP, (double) step);
          gauges.set(Meter.TASK_STEPS, (double) total);
        });
  }

  /** The object store answered, or did not. */
  public void storeAnswered(String method, String outcome, Duration took) {
    storeAnswers
        .computeIfAbsent(
            method + " " + outcome,
            key ->
                timer(
                    Meter.STORE_REQUEST, STEP_TIMES, Tags.of("method", method, "outcome", outcome)))
        .record(took);
  }

  /** Bytes were sent to the store. */
  public void uploaded(long bytes) {
    uploaded.increment((double) bytes);
  }

  /** Bytes were fetched from the store. */
  public void fetched(long bytes) {
    fetched.increment((double) bytes);
  }

  /** A task failed because of the store. */
  public void storeFailed() {
    storeFailures.increment();
  }

  /** A heartbeat was sent. */
  public void heartbeat() {
    heartbeats.increment();
  }

  /** The Prometheus text. */
  public String scrape() {
    return registry.scrape();
  }

  @Override
  public void close() {
    collections.close();
    registry.close();
  }
}
