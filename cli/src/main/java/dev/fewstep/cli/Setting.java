package dev.fewstep.cli;

import dev.fewstep.worker.tensor.ScriptTrust;
import java.util.Arrays;
import java.util.Optional;

/** Every setting: its key in the file, its environment variable and its default. */
enum Setting {
  SERVER("server", "FEWSTEP_SERVER_URL", "http://127.0.0.1:8080", false, "address of the API"),
  TOKEN("token", "FEWSTEP_TOKEN", "", true, "token that the API is shown"),
  ADMIN_TOKEN(
      "server.admin-token",
      "FEWSTEP_ADMIN_TOKEN",
      "",
      true,
      "the operator's own token: with it a server lets nobody in without a token"),
  OIDC_ISSUER(
      "server.oidc.issuer",
      "FEWSTEP_OIDC_ISSUER",
      "",
      false,
      "OpenID provider whose bearer tokens a server takes too; unset, none"),
  OIDC_AUDIENCE(
      "server.oidc.audience",
      "FEWSTEP_OIDC_AUDIENCE",
      "",
      false,
      "what such a token must be for (aud)"),
  OIDC_CLAIM(
      "server.oidc.claim",
      "FEWSTEP_OIDC_CLAIM",
      "groups",
      false,
      "where such a token lists groups, such as realm_access.roles"),
  OIDC_GRANTS(
      "server.oidc.grants",
      "FEWSTEP_OIDC_GRANTS",
      "",
      false,
      "what groups may do: admins=admin, vision=submitter:alpha|beta"),
  METRICS_TOKEN(
      "server.metrics-token",
      "FEWSTEP_METRICS_TOKEN",
      "",
      true,
      "token that a server's /metrics asks for, 32 characters or more; unset, it asks for none"),
  REQUEST_LIMIT(
      "server.request-limit",
      "FEWSTEP_REQUEST_LIMIT",
      "100/s up to 2000",
      false,
      "what a token may ask of a server; a change counts for five"),
  SIGN_IN_LIMIT(
      "server.sign-in-limit",
      "FEWSTEP_SIGN_IN_LIMIT",
      "1/s up to 60",
      false,
      "how often an address may try to sign in"),
  REFUSAL_LIMIT(
      "server.refusal-limit",
      "FEWSTEP_REFUSAL_LIMIT",
      "0.2/s up to 20",
      false,
      "how many refused requests of an address a server's audit notes"),
  DATA_DIR("data-dir", "FEWSTEP_DATA_DIR", "", false, "where the embedded stack keeps everything"),
  CACHE_DIR("cache-dir", "FEWSTEP_CACHE_DIR", "", false, "where native libraries are unpacked"),
  HTTP_HOST("http.host", "FEWSTEP_HTTP_HOST", "127.0.0.1", false, "address that a server binds"),
  HTTP_PORT("http.port", "FEWSTEP_HTTP_PORT", "8080", false, "port of a server; 0 for a free one"),
  BOOTSTRAP("kafka.bootstrap", "KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092", false, "Kafka brokers"),
  REPLICATION("kafka.replication", "FEWSTEP_REPLICATION", "3", false, "replication of the topics"),
  SESSION(
      "kafka.session",
      "FEWSTEP_SESSION_TIMEOUT",
      "10s",
      false,
      "silence after which another replica leads; brokers refuse less than 6s"),
  LEASE(
      "server.lease",
      "FEWSTEP_LEASE",
      "30s",
      false,
      "silence after which a running task is given to another worker"),
  PRESENCE(
      "server.presence",
      "FEWSTEP_PRESENCE",
      "20s",
      false,
      "silence after which a worker is forgotten"),
  DISPATCH(
      "server.dispatch",
      "FEWSTEP_DISPATCH",
      "30s",
      false,
      "how long a published task may stay unstarted before it is published again"),
  TRACEPARENT(
      "traceparent",
      "TRACEPARENT",
      "",
      false,
      "place in a trace (W3C) to which what is asked of a server belongs"),
  RETENTION(
      "server.retention",
      "FEWSTEP_RETENTION",
      "",
      false,
      "age, such as 180d, at which a server archives what has ended; unset, it archives nothing"),
  PROMETHEUS(
      "server.prometheus",
      "FEWSTEP_PROMETHEUS_URL",
      "",
      false,
      "Prometheus that the dashboard's panels come from; unset, a server shows its own meters"),
  WEBHOOK_HOSTS(
      "server.webhook-hosts",
      "FEWSTEP_WEBHOOK_HOSTS",
      "",
      false,
      "hosts, separated by commas, that webhooks of schedules may reach; unset, none"),
  WEBHOOK_SECRET(
      "server.webhook-secret",
      "FEWSTEP_WEBHOOK_SECRET",
      "",
      true,
      "what webhooks are signed with, 16 characters or more"),
  WEBHOOK_PRIVATE(
      "server.webhook-private",
      "FEWSTEP_WEBHOOK_PRIVATE",
      "false",
      false,
      "true to let webhooks reach this machine and private networks"),
  KAFKA_CLIENT(
      "kafka.client",
      "FEWSTEP_KAFKA_CLIENT",
      "",
      true,
      "how Kafka's clients prove who they are and whom they trust: lines of security.*, sasl.* and"
          + " ssl.* as Kafka names them; mostly in a file (FEWSTEP_KAFKA_CLIENT_FILE)"),
  TLS_CERTIFICATE(
      "server.tls-certificate",
      "FEWSTEP_TLS_CERTIFICATE",
      "",
      false,
      "PEM file with a server's certificate and its chain; unset, it speaks clear text"),
  TLS_KEY(
      "server.tls-key",
      "FEWSTEP_TLS_KEY",
      "",
      false,
      "PEM file with the private key of a server's certificate"),
  CA(
      "ca",
      "FEWSTEP_CA",
      "",
      false,
      "PEM certificates to trust a server by, instead of the system's; mostly in a file"
          + " (FEWSTEP_CA_FILE)"),
  S3_ENDPOINT("s3.endpoint", "AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9000", false, "object store"),
  S3_REGION("s3.region", "AWS_REGION", "us-east-1", false, "region of the object store"),
  S3_ACCESS_KEY("s3.access-key", "AWS_ACCESS_KEY_ID", "", false, "access key of the object store"),
  S3_SECRET_KEY("s3.secret-key", "AWS_SECRET_ACCESS_KEY", "", true, "its secret key"),
  S3_BUCKET("s3.bucket", "FEWSTEP_BUCKET", "fewstep", false, "bucket of the artifacts"),
  DEVICE_CLASS("worker.device-class", "FEWSTEP_DEVICE_CLASS", "cpu", false, "tasks a worker takes"),
  DEVICE("worker.device", "FEWSTEP_DEVICE", "cpu", false, "device of a worker: cpu, cuda:0, …"),
  THREADS(
      "worker.threads", "FEWSTEP_THREADS", "0", false, "threads of an operator; 0 for all cores"),
  HEARTBEAT(
      "worker.heartbeat",
      "FEWSTEP_HEARTBEAT",
      "2s",
      false,
      "between a worker's heartbeats; a small part of the servers' lease and presence"),
  DRAIN_TIMEOUT(
      "worker.drain-timeout",
      "FEWSTEP_DRAIN_TIMEOUT",
      "30s",
      false,
      "how long a worker that is stopped may take to hand its task back"),
  WORKER_TASKS(
      "worker.tasks",
      "FEWSTEP_WORKER_TASKS",
      "0",
      false,
      "tasks after which a worker ends by itself; 0 for any number"),
  WORKER_IDLE(
      "worker.idle",
      "FEWSTEP_WORKER_IDLE",
      "",
      false,
      "time without a task, such as 5m, after which a worker ends by itself; unset, never"),
  WORKER_PORT("worker.port", "FEWSTEP_WORKER_PORT", "0", false, "port of a worker's metrics"),
  TORCHSCRIPT(
      "torchscript",
      ScriptTrust.VARIABLE,
      "",
      false,
      "allow or deny TorchScript files, which are code; unset, a worker denies and your own machine"
          + " allows them");

  private final String key;
  private final String variable;
  private final String defaultValue;
  private final boolean secret;
  private final String description;

  Setting(String key, String variable, String defaultValue, boolean secret, String description) {
    this.key = key;
    this.variable = variable;
    this.defaultValue = defaultValue;
    this.secret = secret;
    this.description = description;
  }

  String key() {
    return key;
  }

  String variable() {
    return variable;
  }

  String defaultValue() {
    return defaultValue;
  }

  boolean secret() {
    return secret;
  }

  String description() {
    return description;
  }

  static Optional<Setting> byKey(String key) {
    return Arrays.stream(values()).filter(setting -> setting.key.equals(key)).findFirst();
  }
}
