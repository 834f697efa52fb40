package dev.fewstep.cli;

import dev.fewstep.orchestrator.Orchestrator;
import dev.fewstep.orchestrator.OrchestratorConfig;
import dev.fewstep.orchestrator.api.HttpSettings;
import dev.fewstep.telemetry.Traces;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "server",
    mixinStandardHelpOptions = true,
    description = "Runs one replica of the orchestrator over a Kafka cluster and an S3 store.")
final class ServerCommand implements Callable<Integer> {
  @ParentCommand private Main main;

  @Option(names = "--host", paramLabel = "ADDRESS", description = "FEWSTEP_HTTP_HOST")
  private String host;

  @Option(names = "--port", paramLabel = "PORT", description = "FEWSTEP_HTTP_PORT")
  private String port;

  @Option(
      names = "--bootstrap",
      paramLabel = "HOST:PORT,…",
      description = "KAFKA_BOOTSTRAP_SERVERS")
  private String bootstrap;

  @Option(names = "--replication", paramLabel = "N", description = "FEWSTEP_REPLICATION, default 3")
  private String replication;

  @Option(names = "--s3-endpoint", paramLabel = "URL", description = "AWS_ENDPOINT_URL_S3")
  private String s3Endpoint;

  @Option(names = "--bucket", paramLabel = "NAME", description = "FEWSTEP_BUCKET, default fewstep")
  private String bucket;

  @Option(
      names = "--session-timeout",
      paramLabel = "TIME",
      description =
          "FEWSTEP_SESSION_TIMEOUT: silence after which another replica leads, default 10s")
  private String session;

  @Option(
      names = "--lease",
      paramLabel = "TIME",
      description =
          "FEWSTEP_LEASE: silence after which a running task is given to another worker, default"
              + " 30s; the same for all replicas")
  private String lease;

  @Option(
      names = "--presence",
      paramLabel = "TIME",
      description = "FEWSTEP_PRESENCE: silence after which a worker is forgotten, default 20s")
  private String presence;

  @Option(
      names = "--dispatch",
      paramLabel = "TIME",
      description = "FEWSTEP_DISPATCH: how long a published task may stay unstarted, default 30s")
  private String dispatch;

  @Option(
      names = "--retention",
      paramLabel = "AGE",
      description = "archive what ended longer ago than this, such as 180d (FEWSTEP_RETENTION)")
  private String retention;

  @Option(
      names = "--prometheus",
      paramLabel = "URL",
      description = "FEWSTEP_PROMETHEUS_URL: what the dashboard's panels come from")
  private String prometheus;

  @Option(
      names = "--insecure",
      description =
          "let everybody who reaches the server do everything. Else, off loopback, an admin token is"
              + " needed (FEWSTEP_ADMIN_TOKEN_FILE)")
  private boolean insecure;

  @Override
  public Integer call() {
    Settings settings = main.settings();
    settings.flag(Setting.HTTP_HOST, Optional.ofNullable(host));
    settings.flag(Setting.HTTP_PORT, Optional.ofNullable(port));
    settings.flag(Setting.BOOTSTRAP, Optional.ofNullable(bootstrap));
    settings.flag(Setting.REPLICATION, Optional.ofNullable(replication));
    settings.flag(Setting.S3_ENDPOINT, Optional.ofNullable(s3Endpoint));
    settings.flag(Setting.S3_BUCKET, Optional.ofNullable(bucket));
    settings.flag(Setting.RETENTION, Optional.ofNullable(retention));
    settings.flag(Setting.PROMETHEUS, Optional.ofNullable(prometheus));
    settings.flag(Setting.SESSION, Optional.ofNullable(session));
    settings.flag(Setting.LEASE, Optional.ofNullable(lease));
    settings.flag(Setting.PRESENCE, Optional.ofNullable(presence));
    settings.flag(Setting.DISPATCH, Optional.ofNullable(dispatch));
    OrchestratorConfig config;
    try {
      config = config(settings, insecure);
    } catch (IllegalArgumentException e) {
      throw CliException.usage(e.getMessage(), e);
    }
    try (Traces traces = settings.traces("fewstep-orchestrator")) {
      Orchestrator orchestrator = Orchestrator.start(config.withTraces(traces));
      main.out().println("serving " + orchestrator.address());
      return Lifetime.untilStopped(orchestrator, false);
    }
  }

  private static OrchestratorConfig config(Settings settings, boolean insecure) {
    HttpSettings http =
        HttpSettings.of(
                settings.text(Setting.HTTP_HOST),
                settings.number(Setting.HTTP_PORT, 0, 65_535),
                settings.access(insecure))
            .withTls(settings.tls());
    OrchestratorConfig usual =
        OrchestratorConfig.of(
            settings.kafka().withSessionTimeout(settings.duration(Setting.SESSION)),
            settings.store(),
            http);
    return usual
        .withDecisions(
            usual
                .decisions()
                .withLease(settings.duration(Setting.LEASE))
                .withPresence(settings.duration(Setting.PRESENCE))
                .withDispatch(settings.duration(Setting.DISPATCH)))
        .withRetention(settings.age(Setting.RETENTION))
        .withPrometheus(settings.address(Setting.PROMETHEUS))
        .withWebhooks(settings.webhooks());
  }
}
