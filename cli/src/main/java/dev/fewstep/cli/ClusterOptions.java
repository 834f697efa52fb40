package dev.fewstep.cli;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.embedded.EmbeddedException;
import dev.fewstep.embedded.EmbeddedOptions;
import dev.fewstep.embedded.EmbeddedStack;
import dev.fewstep.orchestrator.log.KafkaSettings;
import dev.fewstep.schemas.Json;
import dev.fewstep.store.S3Settings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where Kafka and the store are, for what works without a server. */
final class ClusterOptions {
  private static final String REGION = "us-east-1";

  @Option(
      names = "--local",
      description =
          "the broker and the store of 'fewstep up' on this machine (FEWSTEP_DATA_DIR); when it does"
              + " not run, they are started for as long as this takes")
  private boolean local;

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

  /**
   * A broker and a store.
   *
   * @param embedded present when they run in this process
   */
  record Cluster(KafkaSettings kafka, S3Settings store, Optional<EmbeddedStack> embedded)
      implements AutoCloseable {
    Cluster {
      requireNonNull(kafka, "kafka");
      requireNonNull(store, "store");
      requireNonNull(embedded, "embedded");
    }

    @Override
    public void close() {
      embedded.ifPresent(EmbeddedStack::close);
    }
  }

  /** The cluster that is meant. */
  Cluster open(Settings settings) {
    settings.flag(Setting.BOOTSTRAP, Optional.ofNullable(bootstrap));
    settings.flag(Setting.REPLICATION, Optional.ofNullable(replication));
    settings.flag(Setting.S3_ENDPOINT, Optional.ofNullable(s3Endpoint));
    settings.flag(Setting.S3_BUCKET, Optional.ofNullable(bucket));
    if (local) {
      if (bootstrap != null || s3Endpoint != null) {
        throw CliException.usage("--local is a broker and a store already: name no others");
      }
      return local(settings.path(Setting.DATA_DIR), settings.text(Setting.S3_BUCKET));
    }
    return new Cluster(settings.kafka(), settings.store(), Optional.empty());
  }

  private static Cluster local(Path data, String bucket) {
    EmbeddedStack stack;
    try {
      stack = EmbeddedStack.start(data, EmbeddedOptions.anyPorts());
    } catch (EmbeddedException held) {
      return running(data, bucket).orElseThrow(() -> held);
    }
    return new Cluster(
        KafkaSettings.of(stack.bootstrapServers(), 1),
        new S3Settings(
            stack.s3Endpoint(), REGION, bucket, stack.s3AccessKey(), stack.s3SecretKey()),
        Optional.of(stack));
  }

  /** What another process runs in a data directory, as its files say. */
  private static Optional<Cluster> running(Path data, String bucket) {
    try {
      JsonNode ports = Json.messages().readTree(Files.readAllBytes(data.resolve("ports.json")));
      JsonNode keys =
          Json.messages().readTree(Files.readAllBytes(data.resolve("credentials.json")));
      return Optional.of(
          new Cluster(
              KafkaSettings.of("127.0.0.1:" + ports.path("kafka").intValue(), 1),
              new S3Settings(
                  URI.create("http://127.0.0.1:" + ports.path("s3").intValue()),
                  REGION,
                  bucket,
                  keys.path("accessKey").asText(),
                  keys.path("secretKey").asText()),
              Optional.empty()));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
