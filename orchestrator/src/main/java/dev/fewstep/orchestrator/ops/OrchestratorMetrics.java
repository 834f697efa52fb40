package dev.fewstep.orchestrator.ops;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import dev.fewstep.orchestrator.experiment.Transition;
import dev.fewstep.orchestrator.ops.StateNumbers.DeviceClassNumbers;
import dev.fewstep.orchestrator.panel.Readings;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.BenchmarkRecord;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
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
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Every meter of the orchestrator; the only place that names one. Times are in seconds. The names
 * of the meters in the Prometheus text are these with underscores, counters with {@code _total}.
 */
public final class OrchestratorMetrics implements AutoCloseable {
  private static final Duration[] LATENCIES = {
    Duration.ofMillis(2),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(20),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(200),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5)
  };
  private static final Duration[] WORK = {
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(15),
    Duration.ofMinutes(1),
    Duration.ofMinutes(5),
    Duration.ofMinutes(30),
    Duration.ofHours(2),
    Duration.ofHours(12)
  };

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics collections = new JvmGcMetrics();
  private final AtomicInteger leading = new AtomicInteger();
  private final AtomicLong inboxLag = new AtomicLong();
  private final AtomicLong stateOffset = new AtomicLong();
  private final AtomicInteger eventClients = new AtomicInteger();
  private final MultiGauge tasks;
  private final MultiGauge entities;
  private final MultiGauge waiting;
  private final MultiGauge published;
  private final MultiGauge workers;
  private final NightlyMeters nightly;
  private final Timer transactions;
  private final Timer replays;
  private final Counter rejected;
  private final Counter aborted;
  private final Counter droppedClients;

  /** A registry of its own, with the meters of the JVM. */
  public OrchestratorMetrics() {
    new ClassLoaderMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    collections.bindTo(registry);
    Gauge.builder("fewstep.build.info", () -> 1)
        .description("Always 1; the version is in the label")
        .tag("version", version())
        .tag("java", Runtime.version().toString())
        .register(registry);
    Gauge.builder("fewstep.leader", leading::get)
        .description("1 while this replica leads")
        .register(registry);
    Gauge.builder("fewstep.inbox.lag", inboxLag::get)
        .description("Inbox records not read yet, as last seen by this leader")
        .baseUnit("records")
        .register(registry);
    Gauge.builder("fewstep.state.offset", stateOffset::get)
        .description("Next offset of the state topic that this replica reads")
        .register(registry);
    Gauge.builder("fewstep.sse.clients", eventClients::get)
        .description("Open event streams")
        .register(registry);
    nightly = new NightlyMeters(registry);
    tasks = gauges("fewstep.tasks", "Tasks by kind and state");
    entities = gauges("fewstep.state.entities", "Entities of the state");
    waiting = gauges("fewstep.tasks.queued", "Ready tasks that are not published, by class");
    published = gauges("fewstep.tasks.published", "Published tasks not started, by class");
    workers = gauges("fewstep.workers", "Live workers by class");
    transactions =
        timer("fewstep.transaction", "Time of a leader's transaction", LATENCIES, Tags.empty());
    replays = timer("fewstep.replay", "Time of replaying the state", LATENCIES, Tags.empty());
    rejected = counter("fewstep.inbox.rejected", "Inbox records that were skipped", Tags.empty());
    aborted = counter("fewstep.leader.aborts", "Terms that ended with an error", Tags.empty());
    droppedClients =
        counter("fewstep.sse.dropped", "Event streams closed for being slow", Tags.empty());
  }

  /** Version of this build, {@code development} outside a jar. */
  public static String version() {
    return Optional.ofNullable(OrchestratorMetrics.class.getPackage().getImplementationVersion())
        .orElse("development");
  }

  /** Whether this replica leads. */
  public void leading(boolean value) {
    leading.set(value ? 1 : 0);
  }

  /** Unread inbox records. */
  public void inboxLag(long records) {
    inboxLag.set(records);
  }

  /** An inbox record was skipped. */
  public void inboxRejected() {
    rejected.increment();
  }

  /** A term ended with an error. */
  public void termAborted() {
    aborted.increment();
  }

  /** The state was replayed. */
  public void replayed(Duration took) {
    replays.record(took);
  }

  /** A transaction was committed. */
  public void committed(Duration took, List<Transition> transitions) {
    transactions.record(took);
    for (Transition transition : transitions) {
      counter(
              "fewstep.task.transitions",
              "Moves of tasks",
              Tags.of("trigger", label(transition.trigger())))
          .increment();
    }
  }

  /** A task started after waiting in its queue. */
  public void taskStarted(TaskKind kind, Duration waited) {
    timer("fewstep.task.wait", "Time from ready to started", WORK, Tags.of("kind", label(kind)))
        .record(waited);
  }

  /** A task ended. */
  public void taskFinished(TaskKind kind, TaskState outcome, Optional<Duration> ran) {
    Tags tags = Tags.of("kind", label(kind), "outcome", label(outcome));
    counter("fewstep.tasks.finished", "Tasks that ended", tags).increment();
    ran.ifPresent(
        time ->
            timer("fewstep.task.duration", "Time from started to ended", WORK, tags).record(time));
  }

  /** A request was answered. */
  public void answered(String method, String operation, int status, Duration took) {
    timer(
            "fewstep.api.request",
            "Time to answer a request",
            LATENCIES,
            Tags.of("method", method, "operation", operation, "status", Integer.toString(status)))
        .record(took);
  }

  /** The tail of the state has moved. */
  public void stateOffset(long next) {
    stateOffset.set(next);
  }

  /** An event stream was opened or, with -1, closed. */
  public void eventClients(int change) {
    eventClients.addAndGet(change);
  }

  /** An event stream was closed for being slow. */
  public void eventClientDropped() {
    droppedClients.increment();
  }

  /** The Prometheus text, with the state's numbers taken from {@code numbers} now. */
  public String scrape(Supplier<StateNumbers> numbers) {
    StateNumbers now = requireNonNull(numbers, "numbers").get();
    List<Row<?>> byKindAndState = new ArrayList<>();
    now.tasks()
        .forEach(
            (kind, states) ->
                states.forEach(
                    (state, count) ->
                        byKindAndState.add(
                            Row.of(Tags.of("kind", label(kind), "state", label(state)), count))));
    tasks.register(byKindAndState, true);
    List<Row<?>> byEntity = new ArrayList<>();
    now.entities()
        .forEach((entity, count) -> byEntity.add(Row.of(Tags.of("entity", entity), count)));
    entities.register(byEntity, true);
    List<Row<?>> queued = new ArrayList<>();
    List<Row<?>> out = new ArrayList<>();
    List<Row<?>> devices = new ArrayList<>();
    for (DeviceClassNumbers found : now.classes()) {
      Tags name = Tags.of("class", found.name());
      queued.add(Row.of(name, found.waiting()));
      out.add(Row.of(name, found.published()));
      devices.add(Row.of(name.and("state", "idle"), found.idle()));
      devices.add(Row.of(name.and("state", "busy"), found.busy()));
    }
    waiting.register(queued, true);
    published.register(out, true);
    workers.register(devices, true);
    return registry.scrape();
  }

  /**
   * What panels are made of.
   *
   * @param now the state's numbers
   * @param imagesPerSecond images that running finetunes use a second
   */
  public Readings readings(StateNumbers now, double imagesPerSecond) {
    Map<String, Double> finished = new TreeMap<>();
    for (Counter counter : registry.find("fewstep.tasks.finished").counters()) {
      finished.merge(
          requireNonNullElse(counter.getId().getTag("kind"), ""), counter.count(), Double::sum);
    }
    Map<String, Double> queued = new TreeMap<>();
    Map<String, Double> busy = new TreeMap<>();
    Map<String, Double> idle = new TreeMap<>();
    for (DeviceClassNumbers found : now.classes()) {
      queued.put(found.name(), (double) found.waiting());
      busy.put(found.name(), (double) found.busy());
      idle.put(found.name(), (double) found.idle());
    }
    return new Readings(
        finished,
        queued,
        busy,
        idle,
        imagesPerSecond,
        inboxLag.get(),
        times(List.of(transactions)),
        times(registry.find("fewstep.api.request").timers()));
  }

  private static Readings.Times times(Collection<Timer> timers) {
    return new Readings.Times(
        timers.stream().mapToDouble(Timer::count).sum(),
        timers.stream().mapToDouble(timer -> timer.totalTime(TimeUnit.SECONDS)).sum());
  }

  @Override
  public void close() {
    collections.close();
    registry.close();
  }

  private static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /** The newest run of each benchmark. */
  public void nightly(Collection<BenchmarkRecord> newest) {
    nightly.show(newest);
  }

  private MultiGauge gauges(String name, String description) {
    return MultiGauge.builder(name).description(description).register(registry);
  }

  private Counter counter(String name, String description, Tags tags) {
    return Counter.builder(name).description(description).tags(tags).register(registry);
  }

  private Timer timer(String name, String description, Duration[] buckets, Tags tags) {
    return Timer.builder(name)
        .description(description)
        .serviceLevelObjectives(buckets)
        .tags(tags)
        .register(registry);
  }
}
