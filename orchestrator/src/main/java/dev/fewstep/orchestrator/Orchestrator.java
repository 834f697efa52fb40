package dev.fewstep.orchestrator;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.api.ApiParts;
import dev.fewstep.orchestrator.api.HttpApi;
import dev.fewstep.orchestrator.archive.Archivist;
import dev.fewstep.orchestrator.archive.Retention;
import dev.fewstep.orchestrator.archive.ScheduleRetention;
import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.orchestrator.care.Care;
import dev.fewstep.orchestrator.care.Doctor;
import dev.fewstep.orchestrator.care.DoctorParts;
import dev.fewstep.orchestrator.care.Jobs;
import dev.fewstep.orchestrator.experiment.Decider;
import dev.fewstep.orchestrator.log.AuditLog;
import dev.fewstep.orchestrator.log.ClusterProbe;
import dev.fewstep.orchestrator.log.CommandGateway;
import dev.fewstep.orchestrator.log.CurrentState;
import dev.fewstep.orchestrator.log.LeaderContext;
import dev.fewstep.orchestrator.log.LeaderLoop;
import dev.fewstep.orchestrator.log.LeaderStatus;
import dev.fewstep.orchestrator.log.MetricsTail;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.orchestrator.log.TermListener;
import dev.fewstep.orchestrator.log.TopicSetup;
import dev.fewstep.orchestrator.ops.OrchestratorMetrics;
import dev.fewstep.orchestrator.panel.OwnPanels;
import dev.fewstep.orchestrator.panel.PanelSource;
import dev.fewstep.orchestrator.panel.PrometheusPanels;
import dev.fewstep.orchestrator.webhook.WebhookPost;
import dev.fewstep.orchestrator.webhook.Webhooks;
import dev.fewstep.schemas.state.LeaseRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One replica: it serves the API and stands for leadership. Any number of them share a cluster and
 * a store.
 */
public final class Orchestrator implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Orchestrator.class);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration STORE_PATIENCE = Duration.ofMinutes(1);
  private static final Duration SCHEDULE_RETENTION_PAUSE = Duration.ofSeconds(15);
  private static final int PROBE_THREADS = 4;

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private StateView state;
  private LeaderLoop leader;
  private HttpApi api;

  private Orchestrator() {}

  /**
   * Starts a replica with the system's clock. The API answers when this returns; {@code /readyz}
   * tells when there is a leader.
   *
   * @throws org.apache.kafka.common.KafkaException when the cluster does not answer
   * @throws UncheckedIOException when the object store refuses, or does not answer for a minute
   * @throws IllegalStateException when the port is taken
   */
  public static Orchestrator start(OrchestratorConfig config) {
    return start(config, Clock.systemUTC());
  }

  /** Starts a replica with a clock of its own, for the times that people read. */
  public static Orchestrator start(OrchestratorConfig config, Clock clock) {
    return start(config, clock, TermListener.none());
  }

  /** Starts a replica of which a listener hears when it leads. */
  public static Orchestrator start(OrchestratorConfig config, Clock clock, TermListener listener) {
    requireNonNull(config, "config");
    requireNonNull(clock, "clock");
    requireNonNull(listener, "listener");
    Orchestrator orchestrator = new Orchestrator();
    boolean started = false;
    try {
      orchestrator.open(config, clock, listener);
      started = true;
      return orchestrator;
    } finally {
      if (!started) {
        orchestrator.close();
      }
    }
  }

  private PanelSource panels(
      OrchestratorConfig config, OrchestratorMetrics metrics, MetricsTail curves, Clock clock) {
    if (config.prometheus().isPresent()) {
      return new PrometheusPanels(config.prometheus().get());
    }
    StateView view = state;
    return own(
        OwnPanels.start(
            () -> metrics.readings(view.numbers(), imagesPerSecond(view, curves)), clock));
  }

  private static double imagesPerSecond(StateView view, MetricsTail curves) {
    List<String> running =
        view.read(fold -> fold.leases().stream().map(LeaseRecord::taskKey).toList());
    return running.stream()
        .flatMap(task -> Optional.ofNullable(curves.ends(task).get("images_per_second")).stream())
        .mapToDouble(end -> end.last().value())
        .sum();
  }

  private void open(OrchestratorConfig config, Clock clock, TermListener listener) {
    OrchestratorMetrics metrics = own(new OrchestratorMetrics());
    metrics.watchDisk(Path.of(System.getProperty("java.io.tmpdir")));
    ObjectStore store = own(new ObjectStore(config.store(), metrics::storeAnswered));
    try {
      store.makeBucket(STORE_PATIENCE);
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
    TopicSetup topics = own(new TopicSetup(config.kafka(), config.recordLock()));
    topics.ensureTopics();
    state = own(StateView.start(config.kafka(), metrics));
    MetricsTail curves = own(MetricsTail.start(config.kafka(), clock));
    CommandGateway gateway =
        own(new CommandGateway(config.kafka(), state, PATIENCE, config.traces()));
    AuditLog audit = own(new AuditLog(config.kafka()));
    Archivist archivist = new Archivist(state, store, clock);
    ScheduledThreadPoolExecutor probes = probes();
    parts.push(probes::shutdownNow);
    leader =
        own(
            LeaderLoop.start(
                new LeaderContext(
                    config.kafka(),
                    state,
                    topics,
                    new Decider(config.decisions()),
                    store::size,
                    probes,
                    clock,
                    metrics,
                    listener,
                    config.traces())));
    Jobs jobs = own(new Jobs(clock));
    CurrentState current = own(new CurrentState(config.kafka(), state));
    Doctor doctor =
        new Doctor(
            new DoctorParts(
                new ClusterProbe(topics),
                store.bucket(),
                current,
                config.decisions(),
                clock,
                OrchestratorMetrics.version(),
                this::problems,
                List.of(Path.of(System.getProperty("java.io.tmpdir")))));
    api =
        own(
            HttpApi.start(
                config.http(),
                new ApiParts(
                    state,
                    gateway,
                    curves,
                    store,
                    archivist,
                    metrics,
                    clock,
                    config.decisions(),
                    this::notReady,
                    new Care(doctor, jobs, store.bucket(), current),
                    panels(config, metrics, curves, clock),
                    config.webhooks(),
                    audit,
                    config.traces())));
    own(
        ScheduleRetention.start(
            state, gateway, archivist, SCHEDULE_RETENTION_PAUSE, leader::leads));
    own(Webhooks.start(state, gateway, new WebhookPost(config.webhooks()), clock, leader::leads));
    config
        .retention()
        .ifPresent(
            age -> own(Retention.start(state, gateway, archivist, clock, age, leader::leads)));
  }

  private <T extends AutoCloseable> T own(T part) {
    parts.push(part);
    return part;
  }

  private static ScheduledThreadPoolExecutor probes() {
    ScheduledThreadPoolExecutor executor =
        new ScheduledThreadPoolExecutor(
            PROBE_THREADS,
            task -> {
              Thread thread = new Thread(task, "fewstep-probe");
              thread.setDaemon(true);
              return thread;
            });
    executor.setRemoveOnCancelPolicy(true);
    return executor;
  }

  /** What this replica knows to be wrong with itself. */
  private List<String> problems() {
    return Stream.of(state.problem(), leader.status().problem())
        .filter(text -> !text.isEmpty())
        .toList();
  }

  /** Why this replica cannot serve yet, empty when it can. */
  private Optional<String> notReady() {
    if (closed.get()) {
      return Optional.of("The replica is stopping.");
    }
    if (!state.problem().isEmpty()) {
      return Optional.of("The state cannot be followed: " + state.problem());
    }
    if (!state.caughtUp()) {
      return Optional.of("The state is being replayed.");
    }
    if (state.read(fold -> fold.leader()).isEmpty()) {
      LeaderStatus status = leader.status();
      return Optional.of(
          "No replica has led yet."
              + (status.problem().isEmpty() ? "" : " Here: " + status.problem()));
    }
    return Optional.empty();
  }

  /** Address of the API and the dashboard for clients of this machine. */
  public URI address() {
    return api.address();
  }

  /** Port of the API. */
  public int port() {
    return api.port();
  }

  /** Whether requests can be served and somebody leads. */
  public boolean ready() {
    return notReady().isEmpty();
  }

  /** What this replica's leader loop is doing. */
  public LeaderStatus leadership() {
    return leader.status();
  }

  /** Stops serving and hands leadership over. A second call does nothing. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    while (!parts.isEmpty()) {
      AutoCloseable part = parts.pop();
      try {
        part.close();
      } catch (Exception e) {
        LOG.warn("{} did not stop cleanly", part.getClass().getSimpleName(), e);
      }
    }
  }
}
