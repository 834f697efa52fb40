package dev.fewstep.cli;

import dev.fewstep.telemetry.Traces;
import dev.fewstep.worker.Worker;
import dev.fewstep.worker.WorkerConfig;
import dev.fewstep.worker.task.KafkaSettings;
import dev.fewstep.worker.task.Pulse;
import dev.fewstep.worker.task.Shift;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "worker",
    mixinStandardHelpOptions = true,
    description =
        "Runs one worker on one device: takes tasks of its class until stopped, or until its shift is over.")
final class WorkerCommand implements Callable<Integer> {
  private static final long CACHE_BYTES = 20L << 30;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @ParentCommand private Main main;

  @Option(
      names = "--bootstrap",
      paramLabel = "HOST:PORT,…",
      description = "KAFKA_BOOTSTRAP_SERVERS")
  private String bootstrap;

  @Option(names = "--s3-endpoint", paramLabel = "URL", description = "AWS_ENDPOINT_URL_S3")
  private String s3Endpoint;

  @Option(names = "--bucket", paramLabel = "NAME", description = "FEWSTEP_BUCKET, default fewstep")
  private String bucket;

  @Option(names = "--device", paramLabel = "DEVICE", description = "FEWSTEP_DEVICE: cpu, cuda:0, …")
  private String device;

  @Option(names = "--device-class", paramLabel = "CLASS", description = "FEWSTEP_DEVICE_CLASS")
  private String deviceClass;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "FEWSTEP_THREADS: cores to use; 0 for all")
  private String threads;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "FEWSTEP_WORKER_PORT: health and metrics; 0 for a free one")
  private String port;

  @Option(
      names = "--heartbeat",
      paramLabel = "TIME",
      description =
          "FEWSTEP_HEARTBEAT: between heartbeats and between presences, default 2s; a small part"
              + " of the servers' lease and presence")
  private String heartbeat;

  @Option(
      names = "--drain-timeout",
      paramLabel = "TIME",
      description =
          "FEWSTEP_DRAIN_TIMEOUT: how long the running task may take to hand itself back at"
              + " SIGTERM, default 30s; a second signal ends the worker at once")
  private String drainTimeout;

  @Option(
      names = "--tasks",
      paramLabel = "N",
      description =
          "FEWSTEP_WORKER_TASKS: end with 0 after N tasks, however they ended; 0 for any number")
  private String tasks;

  @Option(
      names = "--idle",
      paramLabel = "TIME",
      description = "FEWSTEP_WORKER_IDLE: end with 0 after so long without a task")
  private String idle;

  @Option(
      names = "--until-stdin-closes",
      hidden = true,
      description = "also stop when standard input ends: for a parent process")
  private boolean untilStdinCloses;

  @Override
  public Integer call() {
    Settings settings = main.settings();
    settings.flag(Setting.BOOTSTRAP, Optional.ofNullable(bootstrap));
    settings.flag(Setting.S3_ENDPOINT, Optional.ofNullable(s3Endpoint));
    settings.flag(Setting.S3_BUCKET, Optional.ofNullable(bucket));
    settings.flag(Setting.DEVICE, Optional.ofNullable(device));
    settings.flag(Setting.DEVICE_CLASS, Optional.ofNullable(deviceClass));
    settings.flag(Setting.THREADS, Optional.ofNullable(threads));
    settings.flag(Setting.WORKER_PORT, Optional.ofNullable(port));
    settings.flag(Setting.HEARTBEAT, Optional.ofNullable(heartbeat));
    settings.flag(Setting.DRAIN_TIMEOUT, Optional.ofNullable(drainTimeout));
    settings.flag(Setting.WORKER_TASKS, Optional.ofNullable(tasks));
    settings.flag(Setting.WORKER_IDLE, Optional.ofNullable(idle));
    main.useCache();
    main.trustScripts(false);
    int cores = main.threads();
    Path data =
        settings.path(Setting.DATA_DIR).resolve("worker-" + settings.text(Setting.DEVICE_CLASS));
    WorkerConfig config =
        new WorkerConfig(
            new KafkaSettings(settings.text(Setting.BOOTSTRAP), settings.kafkaClient()),
            settings.store(),
            settings.text(Setting.DEVICE_CLASS),
            settings.text(Setting.DEVICE),
            1,
            cores > 0 ? cores : Runtime.getRuntime().availableProcessors(),
            data,
            CACHE_BYTES,
            settings.text(Setting.HTTP_HOST),
            settings.number(Setting.WORKER_PORT, 0, 65_535),
            new Pulse.Intervals(
                settings.duration(Setting.HEARTBEAT),
                settings.duration(Setting.HEARTBEAT),
                Pulse.Intervals.defaults().metrics()),
            PATIENCE,
            settings.duration(Setting.DRAIN_TIMEOUT));
    Shift shift =
        new Shift(
            settings.number(Setting.WORKER_TASKS, 0, Integer.MAX_VALUE),
            settings.age(Setting.WORKER_IDLE));
    try (Traces traces = settings.traces("fewstep-worker")) {
      Worker worker = Worker.start(config.withTraces(traces).withShift(shift));
      main.err()
          .printf(
              "worker %s takes %s tasks; metrics at http://%s:%d/metrics%n",
              worker.workerId(), config.deviceClass(), config.httpHost(), worker.httpPort());
      return Lifetime.untilStopped(() -> stop(worker), untilStdinCloses, worker.shiftEnd());
    }
  }

  /** Stops in time: a task that does not hand itself back is given up, and its lease runs out. */
  private void stop(Worker worker) {
    main.err()
        .println(
            worker.shiftEnd().toCompletableFuture().isDone()
                ? "worker ends: its shift is over"
                : "worker stops: its task is handed back");
    if (!worker.stop()) {
      main.err().println("fewstep: the running task was not handed back in time and is given up");
      Runtime.getRuntime().halt(ExitCodes.FAILED);
    }
  }
}
