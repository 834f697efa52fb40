package dev.fewstep.worker;

import static java.util.Objects.requireNonNull;

import ai.djl.Device;
import ai.djl.util.cuda.CudaUtils;
import dev.fewstep.schemas.Json;
import dev.fewstep.worker.artifact.ArtifactCache;
import dev.fewstep.worker.artifact.S3ArtifactStore;
import dev.fewstep.worker.artifact.StoreException;
import dev.fewstep.worker.ops.GpuUtilisation;
import dev.fewstep.worker.ops.Provenance;
import dev.fewstep.worker.ops.WorkerMetrics;
import dev.fewstep.worker.task.ControlTail;
import dev.fewstep.worker.task.ControlView;
import dev.fewstep.worker.task.Pulse;
import dev.fewstep.worker.task.TaskReporter;
import dev.fewstep.worker.task.TaskRunner;
import dev.fewstep.worker.task.TaskTaker;
import dev.fewstep.worker.task.WorkerIdentity;
import dev.fewstep.worker.task.program.ProcessMemory;
import dev.fewstep.worker.tensor.TorchEngine;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker on one device: starts and stops its threads, and serves {@code /healthz}, {@code
 * /readyz} and {@code /metrics}. To be deployed on a worker thread, since start and stop block.
 */
public final class WorkerVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerVerticle.class);
  private static final Duration STORE_PAUSE = Duration.ofSeconds(2);

  private final WorkerConfig config;
  private final TaskRunner.Work work;
  private final Clock clock;
  private final UUID workerId = UUID.randomUUID();
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final CompletableFuture<Void> shiftEnd = new CompletableFuture<>();
  private volatile Running running;
  private volatile boolean endedInTime = true;
  private volatile int httpPort;

  /** What health is judged by, once the worker runs. */
  private record Running(ControlTail control, TaskTaker taker, Pulse pulse) {}

  /**
   * A worker that does nothing until it is deployed.
   *
   * @param work computes the tasks
   */
  public WorkerVerticle(WorkerConfig config, TaskRunner.Work work, Clock clock) {
    this.config = requireNonNull(config, "config");
    this.work = requireNonNull(work, "work");
    this.clock = requireNonNull(clock, "clock");
  }

  @Override
  public Future<?> start() throws Exception {
    TorchEngine.setThreads(config.threads());
    WorkerMetrics metrics = add(new WorkerMetrics(config.deviceClass(), Provenance.build()));
    // A worker verticle may not wait for a future: the rest follows once the port is bound.
    return vertx
        .createHttpServer()
        .requestHandler(request -> answer(request, metrics))
        .listen(config.httpPort(), config.httpHost())
        .compose(server -> started(server, metrics));
  }

  private Future<Void> started(HttpServer server, WorkerMetrics metrics) {
    httpPort = server.actualPort();
    try {
      startParts(metrics);
    } catch (IOException | RuntimeException e) {
      closeParts();
      return Future.failedFuture(e);
    } catch (InterruptedException e) {
      closeParts();
      Thread.currentThread().interrupt();
      return Future.failedFuture(e);
    }
    LOG.info(
        "Worker {} takes tasks of the class {} on {}; health and metrics at http://{}:{}",
        workerId,
        config.deviceClass(),
        config.device(),
        config.httpHost(),
        httpPort);
    return Future.succeededFuture();
  }

  private void startParts(WorkerMetrics metrics) throws IOException, InterruptedException {
    Device device = TorchEngine.device(config.device());
    S3ArtifactStore store =
        add(new S3ArtifactStore(config.store(), metrics::storeAnswered, config.traces()));
    awaitStore(store);
    config.kafka().requireLetIn();
    ArtifactCache cache =
        new ArtifactCache(
            config.dataDirectory().resolve("cache"),
            config.cacheBytes(),
            store,
            clock,
            metrics::fetched);
    metrics.watchDisk(config.dataDirectory());
    metrics.watchMemory(new ProcessMemory(device)::bytes, memory(device));
    GpuUtilisation.start(device).ifPresent(gpu -> metrics.watchUtilisation(add(gpu)));
    TaskRunner.Place place =
        new TaskRunner.Place(
            device,
            config.shards(),
            config.dataDirectory().resolve("scratch"),
            Provenance.of(device, config.shards()));
    TaskRunner runner = new TaskRunner(store, cache, place, work, metrics, config.traces());
    ControlView view = new ControlView();
    TaskReporter reporter = add(new TaskReporter(config.kafka(), workerId, metrics));
    ControlTail control = add(ControlTail.start(config.kafka(), workerId, view, metrics));
    Pulse pulse =
        add(Pulse.start(reporter, identity(device), config.intervals(), metrics::heartbeat, clock));
    TaskTaker taker =
        new TaskTaker(
            config.kafka(),
            control,
            view,
            reporter,
            pulse,
            runner::run,
            runner::hasRoom,
            clock,
            config.traces());
    taker.start(config.shift(), () -> shiftEnd.complete(null));
    running = new Running(control, taker, pulse);
  }

  private WorkerIdentity identity(Device device) {
    String words =
        device.isGpu()
            ? "cuda:" + device.getDeviceId()
            : "cpu (" + config.threads() * config.shards() + " threads)";
    return new WorkerIdentity(
        workerId, config.deviceClass(), words, memory(device), Provenance.versions());
  }

  private static long memory(Device device) {
    if (device.isGpu()) {
      return CudaUtils.getGpuMemory(device).getMax();
    }
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : Runtime.getRuntime().maxMemory();
  }

  /** Waits until the store answers: at the start of a whole installation it may come later. */
  private void awaitStore(S3ArtifactStore store) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + config.startTimeout().toNanos();
    while (true) {
      try {
        store.makeBucket();
        return;
      } catch (StoreException e) {
        boolean mayPass = e.reason() == StoreException.Reason.UNAVAILABLE;
        if (!mayPass || System.nanoTime() + STORE_PAUSE.toNanos() > deadline) {
          throw e;
        }
        LOG.warn("Waits for the artifact store: {}", e.getMessage());
        Thread.sleep(STORE_PAUSE.toMillis());
      }
    }
  }

  @Override
  public Future<?> stop() throws Exception {
    drain();
    Running now = running;
    if (now != null) {
      endedInTime = now.taker().awaitEnd(config.drainTimeout());
      if (!endedInTime) {
        LOG.error("The running task did not hand itself back within {}", config.drainTimeout());
      }
    }
    closeParts();
    return Future.succeededFuture();
  }

  /** Takes no other task and asks the running one to hand itself back. Returns at once. */
  void drain() {
    Running now = running;
    if (now != null) {
      now.taker().drain();
    }
  }

  /** The port that health and metrics are served at, after the start. */
  int httpPort() {
    return httpPort;
  }

  /** Id of this worker, stable over its life. */
  UUID workerId() {
    return workerId;
  }

  /** Completes when the worker's shift is over: it holds no task and takes none. */
  CompletionStage<Void> shiftEnd() {
    return shiftEnd;
  }

  /** Whether no task was running any more when the worker stopped. */
  boolean endedInTime() {
    return endedInTime;
  }

  private void answer(HttpServerRequest request, WorkerMetrics metrics) {
    switch (request.path()) {
      case "/healthz" -> json(request, isAlive(), Map.of("worker", workerId));
      case "/readyz" -> {
        Map<String, Boolean> checks = checks();
        json(request, !checks.containsValue(false), checks);
      }
      case "/metrics" ->
          request
              .response()
              .putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
              .end(metrics.scrape());
      default -> request.response().setStatusCode(404).end();
    }
  }

  /** Not alive is a worker whose taker has ended: only a restart helps. */
  private boolean isAlive() {
    Running now = running;
    return now == null || now.taker().isAlive();
  }

  private Map<String, Boolean> checks() {
    Running now = running;
    Map<String, Boolean> checks = new LinkedHashMap<>();
    checks.put("store", now != null);
    checks.put("control", now != null && now.control().isReading());
    checks.put("group", now != null && now.taker().isActive());
    return checks;
  }

  private static void json(HttpServerRequest request, boolean good, Map<String, ?> body) {
    request
        .response()
        .setStatusCode(good ? 200 : 503)
        .putHeader("Content-Type", "application/json")
        .end(Json.toText(body));
  }

  private <T extends AutoCloseable> T add(T part) {
    parts.push(part);
    return part;
  }

  private void closeParts() {
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
