package dev.fewstep.worker;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Topics;
import dev.fewstep.store.S3Settings;
import dev.fewstep.telemetry.Traces;
import dev.fewstep.worker.task.KafkaSettings;
import dev.fewstep.worker.task.Pulse;
import dev.fewstep.worker.task.Shift;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Everything that a worker is told. Holds no secret in its text form.
 *
 * @param kafka how to reach Kafka
 * @param store how to reach the artifact store
 * @param deviceClass class whose tasks are taken, such as {@code cpu} or {@code gpu}
 * @param device {@code cpu}, {@code cuda} or {@code cuda:N}
 * @param threads threads inside one operator, at least 1
 * @param shards threads that share a training step or an evaluation, at least 1
 * @param dataDirectory for cached artifacts and running tasks; belongs to this worker alone
 * @param cacheBytes bound on the cached artifacts
 * @param httpHost address that health and metrics are served at
 * @param httpPort its port, 0 for any free one
 * @param intervals between presences, heartbeats and metrics
 * @param startTimeout how long the artifact store may be away at the start
 * @param drainTimeout how long a running task may take to hand itself back at the stop
 * @param traces what spans are begun with; closed by whoever made it
 * @param shift when it takes no other task by itself
 */
public record WorkerConfig(
    KafkaSettings kafka,
    S3Settings store,
    String deviceClass,
    String device,
    int threads,
    int shards,
    Path dataDirectory,
    long cacheBytes,
    String httpHost,
    int httpPort,
    Pulse.Intervals intervals,
    Duration startTimeout,
    Duration drainTimeout,
    Traces traces,
    Shift shift) {
  /** Of a worker that records no traces and works until it is stopped. */
  public WorkerConfig(
      KafkaSettings kafka,
      S3Settings store,
      String deviceClass,
      String device,
      int threads,
      int shards,
      Path dataDirectory,
      long cacheBytes,
      String httpHost,
      int httpPort,
      Pulse.Intervals intervals,
      Duration startTimeout,
      Duration drainTimeout) {
    this(
        kafka,
        store,
        deviceClass,
        device,
        threads,
        shards,
        dataDirectory,
        cacheBytes,
        httpHost,
        httpPort,
        intervals,
        startTimeout,
        drainTimeout,
        Traces.off(),
        Shift.untilStopped());
  }

  public WorkerConfig {
    requireNonNull(kafka, "kafka");
    requireNonNull(store, "store");
    Topics.requireDeviceClass(deviceClass);
    requireNonNull(device, "device");
    requireNonNull(dataDirectory, "dataDirectory");
    requireNonNull(httpHost, "httpHost");
    requireNonNull(intervals, "intervals");
    requireNonNull(startTimeout, "startTimeout");
    requireNonNull(drainTimeout, "drainTimeout");
    requireNonNull(traces, "traces");
    requireNonNull(shift, "shift");
    require(threads >= 1, "threads must be at least 1, not %s", threads);
    require(shards >= 1, "shards must be at least 1, not %s", shards);
    require(cacheBytes > 0, "cacheBytes must be positive, not %s", cacheBytes);
    require(httpPort >= 0 && httpPort <= 65535, "httpPort must be 0 to 65535, not %s", httpPort);
    require(!startTimeout.isNegative(), "startTimeout must not be negative: %s", startTimeout);
    require(!drainTimeout.isNegative(), "drainTimeout must not be negative: %s", drainTimeout);
  }

  /**
   * A worker on this machine's CPU: one shard for each core, 20 GiB of cache, health on any port of
   * the loopback interface.
   */
  public static WorkerConfig onCpu(KafkaSettings kafka, S3Settings store, Path dataDirectory) {
    return new WorkerConfig(
        kafka,
        store,
        "cpu",
        "cpu",
        1,
        Runtime.getRuntime().availableProcessors(),
        dataDirectory,
        20L << 30,
        "127.0.0.1",
        0,
        Pulse.Intervals.defaults(),
        Duration.ofSeconds(60),
        Duration.ofSeconds(60));
  }

  /** The same with traces. */
  public WorkerConfig withTraces(Traces value) {
    return with(value, shift);
  }

  /** The same for a shift. */
  public WorkerConfig withShift(Shift value) {
    return with(traces, value);
  }

  private WorkerConfig with(Traces newTraces, Shift newShift) {
    return new WorkerConfig(
        kafka,
        store,
        deviceClass,
        device,
        threads,
        shards,
        dataDirectory,
        cacheBytes,
        httpHost,
        httpPort,
        intervals,
        startTimeout,
        drainTimeout,
        newTraces,
        newShift);
  }
}
