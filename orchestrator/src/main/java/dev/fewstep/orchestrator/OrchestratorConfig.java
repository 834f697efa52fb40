package dev.fewstep.orchestrator;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.api.HttpSettings;
import dev.fewstep.orchestrator.experiment.Settings;
import dev.fewstep.orchestrator.log.KafkaSettings;
import dev.fewstep.orchestrator.webhook.WebhookSettings;
import dev.fewstep.store.S3Settings;
import dev.fewstep.telemetry.Traces;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * Everything that an orchestrator is told.
 *
 * @param kafka the cluster
 * @param store the object store
 * @param http where the API listens
 * @param decisions times and bounds of decisions: leases, presence, dispatch
 * @param recordLock how long a worker may hold a published task before it has reported its start;
 *     brokers allow 15 to 60 s unless configured otherwise
 * @param retention how long experiments are kept after their end before they are archived; empty to
 *     archive only what people ask for
 * @param prometheus the Prometheus server that the dashboard's panels come from; empty to show what
 *     this process measured
 * @param webhooks which webhooks may be told
 * @param traces what spans are begun with; closed by whoever made it
 */
public record OrchestratorConfig(
    KafkaSettings kafka,
    S3Settings store,
    HttpSettings http,
    Settings decisions,
    Duration recordLock,
    Optional<Duration> retention,
    Optional<URI> prometheus,
    WebhookSettings webhooks,
    Traces traces) {
  /** Of an orchestrator that archives nothing by itself. */
  public OrchestratorConfig(
      KafkaSettings kafka,
      S3Settings store,
      HttpSettings http,
      Settings decisions,
      Duration recordLock) {
    this(
        kafka,
        store,
        http,
        decisions,
        recordLock,
        Optional.empty(),
        Optional.empty(),
        WebhookSettings.none(),
        Traces.off());
  }

  public OrchestratorConfig {
    requireNonNull(kafka, "kafka");
    requireNonNull(store, "store");
    requireNonNull(http, "http");
    requireNonNull(decisions, "decisions");
    requireNonNull(recordLock, "recordLock");
    requireNonNull(retention, "retention");
    requireNonNull(prometheus, "prometheus");
    requireNonNull(webhooks, "webhooks");
    requireNonNull(traces, "traces");
    retention.ifPresent(
        age ->
            require(
                !age.isNegative() && !age.isZero(), "the retention must be positive, not %s", age));
    require(
        recordLock.compareTo(Duration.ofSeconds(1)) >= 0,
        "the record lock must be at least 1 s, not %s",
        recordLock);
  }

  /** With the default times. */
  public static OrchestratorConfig of(
      KafkaSettings kafka, S3Settings store, String host, int port) {
    return of(kafka, store, HttpSettings.of(host, port));
  }

  /** With the default times. */
  public static OrchestratorConfig of(KafkaSettings kafka, S3Settings store, HttpSettings http) {
    return new OrchestratorConfig(kafka, store, http, Settings.defaults(), Duration.ofSeconds(15));
  }

  /** The same with other times and bounds of decisions. */
  public OrchestratorConfig withDecisions(Settings value) {
    return new OrchestratorConfig(
        kafka, store, http, value, recordLock, retention, prometheus, webhooks, traces);
  }

  /** The same with a retention. */
  public OrchestratorConfig withRetention(Optional<Duration> value) {
    return new OrchestratorConfig(
        kafka, store, http, decisions, recordLock, value, prometheus, webhooks, traces);
  }

  /** The same with a Prometheus server. */
  public OrchestratorConfig withPrometheus(Optional<URI> value) {
    return new OrchestratorConfig(
        kafka, store, http, decisions, recordLock, retention, value, webhooks, traces);
  }

  /** The same with webhooks. */
  public OrchestratorConfig withWebhooks(WebhookSettings value) {
    return new OrchestratorConfig(
        kafka, store, http, decisions, recordLock, retention, prometheus, value, traces);
  }

  /** The same with traces. */
  public OrchestratorConfig withTraces(Traces value) {
    return new OrchestratorConfig(
        kafka, store, http, decisions, recordLock, retention, prometheus, webhooks, value);
  }
}
