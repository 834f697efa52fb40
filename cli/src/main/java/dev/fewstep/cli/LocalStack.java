package dev.fewstep.cli;

import dev.fewstep.embedded.EmbeddedOptions;
import dev.fewstep.embedded.EmbeddedStack;
import dev.fewstep.orchestrator.Orchestrator;
import dev.fewstep.orchestrator.OrchestratorConfig;
import dev.fewstep.orchestrator.api.HttpSettings;
import dev.fewstep.orchestrator.log.KafkaSettings;
import dev.fewstep.store.S3Settings;
import dev.fewstep.telemetry.Traces;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Everything on one machine: broker, store and orchestrator in this process and the worker as its
 * child. Closing it stops all of them; killing this process ends the worker too.
 */
final class LocalStack implements AutoCloseable {
  /** Less than what the parent waits for its worker. */
  private static final String WORKER_DRAIN = "15s";

  private static final Duration READY = Duration.ofMinutes(2);
  private static final long LEAST_FREE_BYTES = 512L << 20;
  private static final String REGION = "us-east-1";

  private final EmbeddedStack embedded;
  private final Orchestrator orchestrator;
  private final WorkerProcess worker;
  private final Traces traces;
  private final String adminToken;

  private LocalStack(
      EmbeddedStack embedded,
      Orchestrator orchestrator,
      WorkerProcess worker,
      Traces traces,
      String adminToken) {
    this.traces = traces;
    this.adminToken = adminToken;
    this.embedded = embedded;
    this.orchestrator = orchestrator;
    this.worker = worker;
  }

  /** Folder of the checkout or installation that the launcher script runs from. */
  static Path home() {
    String home = System.getProperty("fewstep.home", "");
    if (home.isEmpty()) {
      throw CliException.usage("start fewstep by its script, which knows where the models lie");
    }
    return Path.of(home);
  }

  /** Starts everything and waits until the API is ready. */
  static LocalStack start(Settings settings, Consumer<String> notice) {
    Instant start = Instant.now();
    Path data = settings.path(Setting.DATA_DIR);
    requireRoom(data);
    notice.accept("starting broker, store and orchestrator in " + data);
    HttpSettings http = http(settings);
    Traces traces = settings.traces("fewstep-orchestrator");
    EmbeddedStack embedded = EmbeddedStack.start(data, EmbeddedOptions.anyPorts());
    Orchestrator orchestrator = null;
    WorkerProcess worker = null;
    try {
      String bucket = settings.text(Setting.S3_BUCKET);
      orchestrator =
          Orchestrator.start(
              OrchestratorConfig.of(
                      KafkaSettings.of(embedded.bootstrapServers(), 1),
                      new S3Settings(
                          embedded.s3Endpoint(),
                          REGION,
                          bucket,
                          embedded.s3AccessKey(),
                          embedded.s3SecretKey()),
                      http)
                  .withRetention(settings.age(Setting.RETENTION))
                  .withPrometheus(settings.address(Setting.PROMETHEUS))
                  .withWebhooks(settings.webhooks())
                  .withTraces(traces));
      worker =
          new WorkerProcess(
              workerEnvironment(settings, embedded, bucket),
              data.resolve("logs").resolve("worker.log"),
              notice);
      LocalStack stack =
          new LocalStack(
              embedded, orchestrator, worker, traces, settings.text(Setting.ADMIN_TOKEN).strip());
      stack.awaitReady();
      notice.accept(
          String.format(
              Locale.ROOT,
              "ready after %.1f s",
              Duration.between(start, Instant.now()).toMillis() / 1000.0));
      return stack;
    } catch (RuntimeException e) {
      closeAll(worker, orchestrator, embedded, traces);
      throw e;
    }
  }

  private static HttpSettings http(Settings settings) {
    try {
      return HttpSettings.of(
          settings.text(Setting.HTTP_HOST),
          settings.number(Setting.HTTP_PORT, 0, 65_535),
          settings.access(false));
    } catch (IllegalArgumentException e) {
      throw CliException.usage(e.getMessage(), e);
    }
  }

  /** A client of the API with every right. */
  ApiClient client() {
    return new ApiClient(dashboard().toString(), adminToken);
  }

  /** A disk that fills up while Kafka writes ends the broker: better not to begin. */
  private static void requireRoom(Path data) {
    Path folder = data;
    while (!Files.exists(folder) && folder.getParent() != null) {
      folder = folder.getParent();
    }
    try {
      long free = Files.getFileStore(folder).getUsableSpace();
      if (free < LEAST_FREE_BYTES) {
        throw CliException.failed(
            "the disk is full: %s has %d MB left, and fewstep needs %d MB to start"
                .formatted(folder, free >> 20, LEAST_FREE_BYTES >> 20));
      }
    } catch (IOException e) {
      throw CliException.failed("cannot tell how much room " + folder + " has", e);
    }
  }

  private static Map<String, String> workerEnvironment(
      Settings settings, EmbeddedStack embedded, String bucket) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("FEWSTEP_LOG_EXCEPTION", "%ex");
    environment.put(Setting.BOOTSTRAP.variable(), embedded.bootstrapServers());
    environment.put(Setting.S3_ENDPOINT.variable(), embedded.s3Endpoint().toString());
    environment.put(Setting.S3_REGION.variable(), REGION);
    environment.put(Setting.S3_BUCKET.variable(), bucket);
    environment.put(Setting.S3_ACCESS_KEY.variable(), embedded.s3AccessKey());
    environment.put(Setting.S3_SECRET_KEY.variable(), embedded.s3SecretKey());
    environment.put(Setting.DRAIN_TIMEOUT.variable(), WORKER_DRAIN);
    environment.put(Setting.DATA_DIR.variable(), settings.path(Setting.DATA_DIR).toString());
    environment.put(Setting.CACHE_DIR.variable(), settings.path(Setting.CACHE_DIR).toString());
    environment.put(
        Setting.TORCHSCRIPT.variable(), settings.allowsScripts(true) ? "allow" : "deny");
    for (Setting setting :
        new Setting[] {
          Setting.DEVICE_CLASS, Setting.DEVICE, Setting.THREADS, Setting.WORKER_PORT
        }) {
      environment.put(setting.variable(), settings.text(setting));
    }
    return environment;
  }

  private void awaitReady() {
    ApiClient client = client();
    Instant deadline = Instant.now().plus(READY);
    while (!client.ready()) {
      if (Instant.now().isAfter(deadline)) {
        throw CliException.timeout(
            "the orchestrator was not ready within " + READY.toSeconds() + " s");
      }
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw CliException.failed("interrupted");
      }
    }
  }

  /** Address of the page and the API. */
  URI dashboard() {
    return orchestrator.address();
  }

  /** Brokers, for tools. */
  String bootstrapServers() {
    return embedded.bootstrapServers();
  }

  /** Process of the worker that runs now. */
  long workerPid() {
    return worker.pid();
  }

  @Override
  public void close() {
    closeAll(worker, orchestrator, embedded, traces);
  }

  private static void closeAll(AutoCloseable... parts) {
    for (AutoCloseable part : parts) {
      try {
        if (part != null) {
          part.close();
        }
      } catch (Exception e) {
        org.slf4j.LoggerFactory.getLogger(LocalStack.class)
            .warn("while stopping: {}", e.toString());
      }
    }
  }
}
