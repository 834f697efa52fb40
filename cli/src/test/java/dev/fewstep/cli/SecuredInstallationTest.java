package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.embedded.ClientSecurity;
import dev.fewstep.embedded.EmbeddedKafka;
import dev.fewstep.embedded.EmbeddedS3;
import dev.fewstep.embedded.S3Credentials;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Server and worker as processes of their own over a broker that asks who they are and lets each do
 * no more than docs/security.md says, with a secret planted wherever there is one, and everything
 * that anybody said searched for them.
 */
class SecuredInstallationTest {
  private static final String KEYS = "planted-key-store-0123456789";
  private static final String SERVER = "planted-kafka-server-0123456789";
  private static final String WORKER = "planted-kafka-worker-0123456789";
  private static final String ROOT = "planted-kafka-root-0123456789";
  private static final String STORE = "planted-store-secret-0123456789";
  private static final String ADMIN = "planted-admin-token-0123456789abcdef";
  private static final String HOOK = "planted-webhook-secret-0123456789abcdef";
  private static final String COLLECTOR = "planted-collector-0123456789";
  private static final String WRONG = "planted-wrong-password-0123456789";

  @TempDir Path folder;
  private KafkaKeys keys;
  private Path brokerKeys;
  private EmbeddedS3 store;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final List<String> said = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    keys = new KafkaKeys(folder, KEYS);
    brokerKeys = keys.make("broker");
    store = EmbeddedS3.start(folder.resolve("s3"), 0, new S3Credentials("access", STORE));
  }

  @AfterEach
  void stop() throws Exception {
    closeAll();
    store.close();
  }

  private void closeAll() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
    open.clear();
  }

  private Map<String, String> brokerSettings(String more) {
    return new HashMap<>(
        properties(
            keys.trustSettings()
                + keys.keySettings(brokerKeys)
                + "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n"
                + more));
  }

  private static Map<String, String> properties(String text) {
    Properties read = new Properties();
    try {
      read.load(new StringReader(text));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, String> all = new TreeMap<>();
    read.stringPropertyNames().forEach(name -> all.put(name, read.getProperty(name)));
    return all;
  }

  private EmbeddedKafka broker(ClientSecurity security) {
    EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"), 0, security);
    open.add(kafka);
    return kafka;
  }

  private String scram(String user, String password) {
    return "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\n"
        + "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required"
        + " username=\"%s\" password=\"%s\";\n".formatted(user, password)
        + keys.trustSettings();
  }

  private EmbeddedKafka scramBroker() {
    Map<String, String> settings =
        brokerSettings(
            "sasl.enabled.mechanisms=SCRAM-SHA-512\nsuper.users=User:ANONYMOUS;User:root\n");
    settings.put(
        "listener.name.clients.scram-sha-512.sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required;");
    return broker(
        new ClientSecurity(
            "SASL_SSL",
            settings,
            List.of(account("server", SERVER), account("worker", WORKER), account("root", ROOT))));
  }

  private static String account(String name, String password) {
    return "SCRAM-SHA-512=[name=" + name + ",password=" + password + "]";
  }

  /** What docs/security.md says that servers and workers need. */
  private static void allow(Map<String, String> root, String server, String worker)
      throws Exception {
    List<AclBinding> acls = new ArrayList<>();
    for (AclOperation operation :
        List.of(
            AclOperation.CREATE,
            AclOperation.READ,
            AclOperation.WRITE,
            AclOperation.DELETE,
            AclOperation.DESCRIBE_CONFIGS,
            AclOperation.ALTER_CONFIGS)) {
      acls.add(acl(server, ResourceType.TOPIC, "fewstep.", PatternType.PREFIXED, operation));
    }
    for (AclOperation operation :
        List.of(AclOperation.READ, AclOperation.DESCRIBE_CONFIGS, AclOperation.ALTER_CONFIGS)) {
      acls.add(acl(server, ResourceType.GROUP, "fewstep-", PatternType.PREFIXED, operation));
    }
    acls.add(
        acl(
            server,
            ResourceType.TRANSACTIONAL_ID,
            "fewstep-leader",
            PatternType.LITERAL,
            AclOperation.WRITE));
    acls.add(
        acl(
            server,
            ResourceType.CLUSTER,
            "kafka-cluster",
            PatternType.LITERAL,
            AclOperation.DESCRIBE));
    acls.add(
        acl(worker, ResourceType.TOPIC, "fewstep.tasks.", PatternType.PREFIXED, AclOperation.READ));
    acls.add(topic(worker, "fewstep.control.v1", AclOperation.READ));
    acls.add(topic(worker, "fewstep.inbox.v1", AclOperation.WRITE));
    acls.add(topic(worker, "fewstep.metrics.v1", AclOperation.WRITE));
    acls.add(
        acl(worker, ResourceType.GROUP, "fewstep-cpu", PatternType.LITERAL, AclOperation.READ));
    try (Admin admin = Admin.create(new HashMap<String, Object>(root))) {
      admin.createAcls(acls).all().get();
    }
  }

  private static AclBinding topic(String user, String name, AclOperation operation) {
    return acl(user, ResourceType.TOPIC, name, PatternType.LITERAL, operation);
  }

  private static AclBinding acl(
      String user, ResourceType type, String name, PatternType pattern, AclOperation operation) {
    return new AclBinding(
        new ResourcePattern(type, name, pattern),
        new AccessControlEntry("User:" + user, "*", operation, AclPermissionType.ALLOW));
  }

  private Map<String, String> environment(EmbeddedKafka kafka, String name, String client)
      throws IOException {
    Map<String, String> environment = new HashMap<>();
    environment.put(
        "FEWSTEP_CONFIG", Files.writeString(folder.resolve("config.yaml"), "").toString());
    environment.put("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrapServers());
    environment.put(
        "FEWSTEP_KAFKA_CLIENT_FILE",
        Files.writeString(folder.resolve(name + ".properties"), client).toString());
    environment.put("FEWSTEP_REPLICATION", "1");
    environment.put("AWS_ENDPOINT_URL_S3", store.endpoint().toString());
    environment.put("AWS_ACCESS_KEY_ID", "access");
    environment.put(
        "AWS_SECRET_ACCESS_KEY_FILE",
        Files.writeString(folder.resolve("store-secret"), STORE).toString());
    environment.put("FEWSTEP_DATA_DIR", folder.resolve("data").toString());
    environment.put("FEWSTEP_CACHE_DIR", folder.resolve("cache").toString());
    environment.put("FEWSTEP_THREADS", "2");
    // Everything that the program and its libraries can say.
    environment.put("FEWSTEP_LOG_LEVEL", "DEBUG");
    environment.put("FEWSTEP_LIBRARY_LOG_LEVEL", "DEBUG");
    environment.put("FEWSTEP_LOG_FORMAT", name.equals("server") ? "json" : "text");
    environment.put("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
    environment.put("OTEL_EXPORTER_OTLP_HEADERS", "Authorization=" + COLLECTOR);
    return environment;
  }

  private String installation(EmbeddedKafka kafka, String server, String worker) throws Exception {
    Map<String, String> environment = environment(kafka, "server", server);
    environment.put("FEWSTEP_ADMIN_TOKEN", ADMIN);
    environment.put("FEWSTEP_WEBHOOK_SECRET", HOOK);
    environment.put("FEWSTEP_WEBHOOK_HOSTS", "hooks.example.org");
    ProgramProcess serving = ProgramProcess.start(folder, environment, "server", "--port", "0");
    open.add(() -> said.add(serving.said()));
    open.add(serving);
    String address = serving.await("serving ").replaceFirst(".*serving ", "");
    ProgramProcess working =
        ProgramProcess.start(folder, environment(kafka, "worker", worker), "worker", "--port", "0");
    open.add(() -> said.add(working.said()));
    open.add(working);
    working.await("takes cpu tasks");
    return address;
  }

  private void runsAGrid(String address) throws IOException {
    ApiClient client = new ApiClient(address, ADMIN);
    UpProcess.await("a leader", client::ready);
    UpProcess.importInputs(client, folder);
    String id =
        client
            .post("/api/v1/experiments", "application/yaml", TracesRunTest.SPEC, UUID.randomUUID())
            .path("id")
            .asText();
    UpProcess.await(
        id + " is over",
        () -> {
          String state = client.get("/api/v1/experiments/" + id).path("state").asText();
          assertThat(state).isNotIn("FAILED", "CANCELLED");
          return state.equals("SUCCEEDED");
        });
  }

  @Test
  void byPasswordOverTlsWithNoMoreRightsThanAreNeededAndNoSecretIsTold() throws Exception {
    EmbeddedKafka kafka = scramBroker();
    Map<String, String> root = properties(scram("root", ROOT));
    root.put("bootstrap.servers", kafka.bootstrapServers());
    allow(root, "server", "worker");
    String address = installation(kafka, scram("server", SERVER), scram("worker", WORKER));
    runsAGrid(address);

    Map<String, String> person =
        new HashMap<>(environment(kafka, "server", scram("server", SERVER)));
    person.put("FEWSTEP_SERVER_URL", address);
    person.put("FEWSTEP_TOKEN", ADMIN);
    person.put("FEWSTEP_ADMIN_TOKEN", ADMIN);
    person.put("FEWSTEP_WEBHOOK_SECRET", HOOK);
    for (String[] verb :
        List.of(
            new String[] {"doctor"},
            new String[] {"doctor", "--direct"},
            new String[] {"config"},
            new String[] {"audit"},
            new String[] {"workers"},
            new String[] {"ls"},
            new String[] {"schedule", "list"})) {
      ProgramRun run = ProgramRun.of(person, verb);
      said.add(run.out() + run.err());
      assertThat(run.exitCode()).as(String.join(" ", verb) + run.err()).isIn(0, 1);
    }
    ApiClient good = new ApiClient(address, ADMIN);
    for (String path : List.of("/api/v1/nothing", "/api/v1/experiments/none-00000000")) {
      said.add(String.valueOf(refused(() -> good.get(path))));
    }
    said.add(String.valueOf(refused(() -> new ApiClient(address, WRONG).get("/api/v1/tasks"))));
    said.add(
        String.valueOf(
            refused(
                () ->
                    good.post(
                        "/api/v1/session",
                        "application/json",
                        "{\"token\": \"" + WRONG + "\"}",
                        UUID.randomUUID()))));
    said.add(metrics(address));
    said.add(topics(root));
    closeAll();

    String all = String.join("\n", said);
    assertThat(all).as("what was searched").hasSizeGreaterThan(1_000_000);
    assertThat(all)
        .contains("\"submitExperiment\"")
        .contains("NetworkClient")
        .contains("fewstep_leader");
    for (String secret :
        List.of(KEYS, SERVER, WORKER, ROOT, STORE, ADMIN, HOOK, COLLECTOR, WRONG)) {
      List<String> told = all.lines().filter(line -> line.contains(secret)).limit(3).toList();
      assertThat(told).as("lines with %s", secret).isEmpty();
    }
  }

  private static String metrics(String address) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(address + "/metrics")).build(),
            BodyHandlers.ofString())
        .body();
  }

  /** Everything that lies in Kafka. */
  private static String topics(Map<String, String> root) throws Exception {
    Map<String, Object> config = new HashMap<>(root);
    try (Admin admin = Admin.create(config);
        KafkaConsumer<String, String> consumer =
            new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      List<TopicPartition> partitions = new ArrayList<>();
      for (String topic : admin.listTopics().names().get()) {
        consumer
            .partitionsFor(topic)
            .forEach(found -> partitions.add(new TopicPartition(topic, found.partition())));
      }
      assertThat(partitions).extracting(TopicPartition::topic).contains("fewstep.audit.v1");
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      StringBuilder all = new StringBuilder();
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        consumer
            .poll(Duration.ofMillis(200))
            .forEach(
                record ->
                    all.append(record.key())
                        .append(' ')
                        .append(record.value())
                        .append(' ')
                        .append(record.headers())
                        .append('\n'));
      }
      return all.toString();
    }
  }

  private static Optional<String> refused(Runnable request) {
    try {
      request.run();
    } catch (CliException e) {
      return Optional.of(e.getMessage());
    }
    throw new AssertionError("it was not refused");
  }

  @Test
  void byCertificates() throws Exception {
    Path server = keys.make("server");
    Path worker = keys.make("worker");
    Path root = keys.make("root");
    EmbeddedKafka kafka =
        broker(
            new ClientSecurity(
                "SSL",
                brokerSettings(
                    "ssl.client.auth=required\nsuper.users=User:ANONYMOUS;User:CN=root\n"),
                List.of()));
    String ssl = "security.protocol=SSL\n" + keys.trustSettings();
    Map<String, String> admin = properties(ssl + keys.keySettings(root));
    admin.put("bootstrap.servers", kafka.bootstrapServers());
    allow(admin, "CN=server", "CN=worker");

    runsAGrid(installation(kafka, ssl + keys.keySettings(server), ssl + keys.keySettings(worker)));

    refusesToStart(environment(kafka, "server", ssl), "server", "--port", "0");
  }

  @Test
  void whoCannotProveWhoTheyAreIsToldSoAndEnds() throws Exception {
    EmbeddedKafka kafka = scramBroker();
    String wrong = scram("server", WRONG);
    refusesToStart(environment(kafka, "server", wrong), "server", "--port", "0");
    refusesToStart(environment(kafka, "worker", wrong), "worker", "--port", "0");
    // Known, yet without any right.
    refusesToStart(environment(kafka, "server", scram("server", SERVER)), "server", "--port", "0");
  }

  private void refusesToStart(Map<String, String> environment, String... verb) throws Exception {
    environment.put("FEWSTEP_LOG_LEVEL", "WARN");
    environment.put("FEWSTEP_LIBRARY_LOG_LEVEL", "ERROR");
    try (ProgramProcess process = ProgramProcess.start(folder, environment, verb)) {
      assertThat(process.awaitEnd()).as(process.said()).isNotZero();
      String end =
          process
              .said()
              .lines()
              .filter(line -> line.startsWith("fewstep:"))
              .collect(Collectors.joining());
      assertThat(end).as(process.said()).contains(environment.get("KAFKA_BOOTSTRAP_SERVERS"));
      assertThat(process.said()).doesNotContain("planted");
    }
  }
}
