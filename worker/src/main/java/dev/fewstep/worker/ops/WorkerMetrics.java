package dev.fewstep.worker.ops;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.TaskKind;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Every meter of the worker; the only place that names one. Times are in seconds. The names in the
 * Prometheus text are these with underscores, counters with {@code _total}.
 */
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
  private final Counter uploaded;
  private final Counter fetched;
  private final Counter storeErrors;
  private final Counter heartbeats;
  private final Counter images;
  private Optional<TrainingMeters> training = Optional.empty();

  /** Gauges of the task that trains now. */
  private record TrainingMeters(
      AtomicReference<Double> loss, AtomicReference<Double> norm, List<Gauge> gauges) {}

  /**
   * A registry of its own, with the meters of the JVM.
   *
   * @param deviceClass device class of the worker, a tag of every meter
   * @param build version, commit and the like, tags of {@code fewstep.build.info}
   */
  public WorkerMetrics(String deviceClass, Map<String, String> build) {
    registry.config().commonTags("device_class", requireNonNull(deviceClass, "deviceClass"));
    new ClassLoaderMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    collections.bindTo(registry);
    Tags tags = Tags.of("component", "worker");
    for (Map.Entry<String, String> entry : build.entrySet()) {
      tags = tags.and(entry.getKey(), entry.getValue());
    }
    Gauge.builder("fewstep.build.info", () -> 1)
        .description("Always 1; the tags say what runs here")
        .tags(tags)
        .register(registry);
    Gauge.builder("fewstep.worker.busy", busy, AtomicInteger::get)
        .description("1 while the worker runs a task")
        .register(registry);
    uploaded = storeBytes("up");
    fetched = storeBytes("down");
    storeErrors =
        Counter.builder("fewstep.store.errors")
            .description("Tasks that failed because of the artifact store")
            .register(registry);
    heartbeats =
        Counter.builder("fewstep.worker.heartbeats")
            .description("Heartbeats sent")
            .register(registry);
    images =
        Counter.builder("fewstep.train.images")
            .description("Real images used in training")
            .register(registry);
  }

  private Counter storeBytes(String direction) {
    return Counter.builder("fewstep.store.bytes")
        .description("Bytes of artifacts sent to and fetched from the store")
        .tag("direction", direction)
        .register(registry);
  }

  /** A task begins. */
  public void taskBegins() {
    busy.set(1);
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
    Timer.builder("fewstep.task.duration")
        .description("Wall time of executions")
        .tag("kind", kind.name().toLowerCase(Locale.ROOT))
        .tag("outcome", outcome)
        .serviceLevelObjectives(TASK_TIMES)
        .register(registry)
        .record(took);
    endTraining();
  }

  /** A training step was made; see {@code TaskListener.trained}. */
  public void trained(int count, Map<String, Double> seconds) {
    images.increment(count);
    seconds.forEach(
        (part, value) ->
            Timer.builder("fewstep.train.step")
                .description("Wall time of training steps, by part")
                .tag("part", part)
                .serviceLevelObjectives(STEP_TIMES)
                .register(registry)
                .record(Duration.ofNanos((long) (value * 1e9))));
  }

  /**
   * The newest loss of the running task; its gauges appear with the first and go with the task.
   *
   * @param name {@code loss} or {@code grad_norm}; anything else is ignored
   */
  public synchronized void point(TaskKind kind, String name, double value) {
    if (!name.equals("loss") && !name.equals("grad_norm")) {
      return;
    }
    TrainingMeters meters = training.orElseGet(() -> beginTraining(kind));
    (name.equals("loss") ? meters.loss() : meters.norm()).set(value);
  }

  private TrainingMeters beginTraining(TaskKind kind) {
    AtomicReference<Double> loss = new AtomicReference<>(Double.NaN);
    AtomicReference<Double> norm = new AtomicReference<>(Double.NaN);
    List<Gauge> gauges = new ArrayList<>();
    gauges.add(gauge("fewstep.train.loss", "Newest loss of the running task", kind, loss));
    gauges.add(
        gauge("fewstep.train.grad.norm", "Newest gradient norm of the running task", kind, norm));
    TrainingMeters meters = new TrainingMeters(loss, norm, gauges);
    training = Optional.of(meters);
    return meters;
  }

  private Gauge gauge(String name, String text, TaskKind kind, AtomicReference<Double> value) {
    return Gauge.builder(name, value, AtomicReference::get)
        .description(text)
        .tag("kind", kind.name().toLowerCase(Locale.ROOT))
        .register(registry);
  }

  private synchronized void endTraining() {
    training.ifPresent(meters -> meters.gauges().forEach(registry::remove));
    training = Optional.empty();
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
    storeErrors.increment();
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
