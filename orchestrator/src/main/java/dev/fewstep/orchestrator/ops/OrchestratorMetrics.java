package dev.fewstep.orchestrator.ops;

import static java.util.Objects.requireNonNullElse;

import dev.fewstep.orchestrator.experiment.Transition;
import dev.fewstep.orchestrator.experiment.Transition.Trigger;
import dev.fewstep.orchestrator.ops.StateNumbers.DeviceClassNumbers;
import dev.fewstep.orchestrator.panel.Readings;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.BenchmarkRecord;
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
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * What the orchestrator counts and measures. The names are those of {@link Meter}. Nothing here is
 * slow: meters are looked up by what they are told apart by, not built for each event.
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

  /** The methods that are told apart: a client may send any word, and each were a series. */
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics collections = new JvmGcMetrics();
  private final AtomicInteger leading = new AtomicInteger();
  private final AtomicLong inboxLag = new AtomicLong();
  private final AtomicLong stateOffset = new AtomicLong();
  private final AtomicInteger eventClients = new AtomicInteger();
  private final StateGauges gauges = new StateGauges(registry);
  private final NightlyMeters nightly = new NightlyMeters(registry);
  private final Map<String, TaskMeters> taskMeters = new ConcurrentHashMap<>();
  private final Map<Answer, Timer> answers = new ConcurrentHashMap<>();
  private final Map<StoreAnswer, Timer> storeAnswers = new ConcurrentHashMap<>();
  private final Map<Trigger, Counter> transitions = new EnumMap<>(Trigger.class);
  private final Map<TermEnd, Counter> aborted = new EnumMap<>(TermEnd.class);
  private final Map<Class<?>, Counter> accepted = new HashMap<>();
  private final Map<Class<?>, Counter> refused = new HashMap<>();
  private final Timer transactions;
  private final Timer replays;
  private final Counter read;
  private final Counter rejected;
  private final Counter terms;
  private final Counter written;
  private final Counter droppedClients;

  private record Answer(String method, String operation, int status) {}

  private record StoreAnswer(String method, String outcome) {}

  /** A registry of its own, with the meters of the JVM. */
  public OrchestratorMetrics() {
    KafkaMeters.limit(registry.config());
    new ClassLoaderMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    collections.bindTo(registry);
    Map<String, String> build = BuildInfo.read();
    Gauge.builder(Meter.BUILD_INFO.id(), () -> 1)
        .description(Meter.BUILD_INFO.help())
        .tag("component", "orchestrator")
        .tag("version", build.getOrDefault("version", "unknown"))
        .tag("commit", build.getOrDefault("commit", "unknown"))
        .tag("java", Runtime.version().toString())
        .register(registry);
    gauge(Meter.LEADER, leading::get).register(registry);
    gauge(Meter.INBOX_LAG, inboxLag::get).baseUnit("records").register(registry);
    gauge(Meter.STATE_OFFSET, stateOffset::get).register(registry);
    gauge(Meter.SSE_CLIENTS, eventClients::get).register(registry);
    // A counter that begins with its first event hides that event from rate() and increase().
    for (Trigger trigger : Trigger.values()) {
      transitions.put(trigger, counter(Meter.TASK_TRANSITIONS, Tags.of("trigger", label(trigger))));
    }
    for (TermEnd end : TermEnd.values()) {
      aborted.put(end, counter(Meter.LEADER_ABORTS, Tags.of("reason", label(end))));
    }
    for (Class<?> command : Command.class.getPermittedSubclasses()) {
      Tags kind = Tags.of("command", words(command.getSimpleName()));
      accepted.put(command, counter(Meter.COMMANDS, kind.and("outcome", "accepted")));
      refused.put(command, counter(Meter.COMMANDS, kind.and("outcome", "rejected")));
    }
    transactions = timer(Meter.TRANSACTION, LATENCIES, Tags.empty());
    replays = timer(Meter.REPLAY, LATENCIES, Tags.empty());
    read = counter(Meter.INBOX_RECORDS, Tags.empty());
    rejected = counter(Meter.INBOX_REJECTED, Tags.empty());
    terms = counter(Meter.LEADER_TERMS, Tags.empty());
    written = counter(Meter.STATE_CHANGES, Tags.empty());
    droppedClients = counter(Meter.SSE_DROPPED, Tags.empty());
  }

  /** Version of this build, {@code development} outside a jar. */
  public static String version() {
    return Optional.ofNullable(OrchestratorMetrics.class.getPackage().getImplementationVersion())
        .orElse("development");
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

  /** Whether this replica leads. */
  public void leading(boolean value) {
    if (leading.getAndSet(value ? 1 : 0) == 0 && value) {
      terms.increment();
    }
  }

  /** Unread inbox records. */
  public void inboxLag(long records) {
    inboxLag.set(records);
  }

  /** Inbox records were read. */
  public void inboxRead(int records) {
    read.increment(records);
  }

  /** An inbox record was skipped. */
  public void inboxRejected() {
    rejected.increment();
  }

  /** A command was decided. */
  public void commandDecided(Class<? extends Command> command, boolean wasAccepted) {
    Counter counter = (wasAccepted ? accepted : refused).get(command);
    if (counter != null) {
      counter.increment();
    }
  }

  /** A term ended with an error. */
  public void termAborted(TermEnd reason) {
    aborted.get(reason).increment();
  }

  /** The state was replayed. */
  public void replayed(Duration took) {
    replays.record(took);
  }

  /** A transaction was committed. */
  public void committed(Duration took, int changes, List<Transition> moves) {
    transactions.record(took);
    written.increment(changes);
    for (Transition move : moves) {
      transitions.get(move.trigger()).increment();
    }
  }

  /** A task started after waiting in its queue. */
  public void taskStarted(TaskKind kind, String deviceClass, Duration waited) {
    meters(deviceClass).waited(kind, waited);
  }

  /** An execution ended. */
  public void attemptEnded(TaskKind kind, String deviceClass, AttemptEnd end) {
    meters(deviceClass).attemptEnded(kind, end);
  }

  /** A task ended. */
  public void taskFinished(
      TaskKind kind, String deviceClass, TaskState outcome, Optional<Duration> ran) {
    meters(deviceClass).finished(kind, outcome, ran);
  }

  private TaskMeters meters(String deviceClass) {
    TaskMeters known = taskMeters.get(deviceClass);
    return known != null
        ? known
        : taskMeters.computeIfAbsent(deviceClass, name -> new TaskMeters(registry, name, WORK));
  }

  /** A request was answered. */
  public void answered(String method, String operation, int status, Duration took) {
    answers
        .computeIfAbsent(
            new Answer(METHODS.contains(method) ? method : "other", operation, status),
            key ->
                timer(
                    Meter.API_REQUEST,
                    LATENCIES,
                    Tags.of(
                        "method",
                        key.method(),
                        "operation",
                        key.operation(),
                        "status",
                        Integer.toString(key.status()))))
        .record(took);
  }

  /** The object store answered, or did not. */
  public void storeAnswered(String method, String outcome, Duration took) {
    storeAnswers
        .computeIfAbsent(
            new StoreAnswer(method, outcome),
            key ->
                timer(
                    Meter.STORE_REQUEST,
                    LATENCIES,
                    Tags.of("method", key.method(), "outcome", key.outcome())))
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

  /**
   * The Prometheus text. One at a time: series that are read off the state are taken away and made
   * again, which another's text must not show.
   *
   * @param now the state's numbers
   * @param experiments numbers of the newest experiments, at most {@link ExperimentNumbers#KEPT}
   * @param benchmarks the newest run of each benchmark
   */
  public synchronized String scrape(
      StateNumbers now,
      List<ExperimentNumbers> experiments,
      Collection<BenchmarkRecord> benchmarks) {
    now.classes().forEach(one -> meters(one.name()));
    gauges.set(now, experiments);
    nightly.show(benchmarks);
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
    for (Counter counter : registry.find(Meter.TASKS_FINISHED.id()).counters()) {
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
        times(answers.values()));
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

  /** How a label says it. */
  static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static String words(String camelCase) {
    return camelCase.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
  }

  private static Gauge.Builder<?> gauge(Meter meter, Supplier<Number> value) {
    return Gauge.builder(meter.id(), value).description(meter.help());
  }

  private Counter counter(Meter meter, Tags tags) {
    return Counter.builder(meter.id()).description(meter.help()).tags(tags).register(registry);
  }

  private Timer timer(Meter meter, Duration[] buckets, Tags tags) {
    return Timer.builder(meter.id())
        .description(meter.help())
        .serviceLevelObjectives(buckets)
        .tags(tags)
        .register(registry);
  }
}
