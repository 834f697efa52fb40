package dev.fewstep.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.dockerjava.api.command.InspectContainerResponse;
import dev.fewstep.chaos.check.Findings;
import dev.fewstep.chaos.check.HistoryChecker;
import dev.fewstep.chaos.check.HistoryTail;
import dev.fewstep.chaos.check.Invariant;
import dev.fewstep.chaos.load.Api;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.lifecycle.Startables;
import org.testcontainers.utility.DockerImageName;

/**
 * Our images on a Docker network of their own: Kafka, MinIO, two servers and a worker, each in a
 * container; the broker's and the leader's are killed amid a finetune. A second worker ends after a
 * task. The history on the topics is read from the beginning and checked record by record. {@link
 * ComposeTest} kills a worker's.
 */
class ContainersTest {
  private static final List<String> IMAGES = List.of("server", "worker", "minio", "kafka");
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final int ITERATIONS = 400;
  private static final String TOKEN = UUID.randomUUID() + "-" + UUID.randomUUID();
  private static final Map<String, String> PARTS =
      Map.of(
          "KAFKA_BOOTSTRAP_SERVERS", "kafka:9092",
          "AWS_ENDPOINT_URL_S3", "http://minio:9000",
          "AWS_ACCESS_KEY_ID", "containers-test",
          "AWS_SECRET_ACCESS_KEY", TOKEN,
          "FEWSTEP_LOG_LEVEL", "INFO");

  @TempDir static Path folder;
  private static final Findings FINDINGS = new Findings();
  private static Network network;
  private static GenericContainer<?> kafka;
  private static GenericContainer<?> minio;
  private static GenericContainer<?> worker;
  private static GenericContainer<?> once;
  private static List<GenericContainer<?>> servers = List.of();
  private static HistoryChecker checker;
  private static HistoryTail tail;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(DockerPart.present(IMAGES), "docker is there");
    network = Network.newNetwork();
    int port = port();
    kafka = kafka(port);
    minio =
        container("minio")
            .withEnv("MINIO_ROOT_USER", PARTS.get("AWS_ACCESS_KEY_ID"))
            .withEnv("MINIO_ROOT_PASSWORD", TOKEN)
            .withNetworkAliases("minio");
    Startables.deepStart(kafka, minio).join();
    checker = new HistoryChecker(FINDINGS);
    tail =
        HistoryTail.start(
            "127.0.0.1:" + port, folder.resolve("history.jsonl.gz"), checker, FINDINGS);
    servers = List.of(server(), server());
    worker = worker("worker");
    once = worker("worker", "--tasks", "1");
    Startables.deepStart(Stream.concat(servers.stream(), Stream.of(worker, once))).join();
  }

  private static GenericContainer<?> worker(String... command) {
    return container("worker")
        .withCommand(command)
        .withEnv(PARTS)
        .withEnv("FEWSTEP_THREADS", "1")
        .withEnv("OMP_NUM_THREADS", "1");
  }

  private static int port() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  private static GenericContainer<?> container(String image) {
    return new GenericContainer<>(DockerImageName.parse(DockerPart.name(image)))
        .withNetwork(network)
        .waitingFor(Wait.forHealthcheck().withStartupTimeout(PATIENCE));
  }

  /** A broker that says on this network that it is kafka:9092, and here that it is at a port. */
  private static GenericContainer<?> kafka(int port) {
    GenericContainer<?> broker =
        container("kafka")
            .withNetworkAliases("kafka")
            .withEnv("CLUSTER_ID", "ZmV3c3RlcC1jb250YWluZQ")
            .withEnv("KAFKA_HEAP_OPTS", "-Xmx512m")
            .withEnv("KAFKA_NODE_ID", "1")
            .withEnv("KAFKA_PROCESS_ROLES", "broker,controller")
            .withEnv("KAFKA_CONTROLLER_QUORUM_VOTERS", "1@localhost:9093")
            .withEnv("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER")
            .withEnv("KAFKA_LISTENERS", "INNER://:9092,OUTER://:9094,CONTROLLER://:9093")
            .withEnv("KAFKA_ADVERTISED_LISTENERS", "INNER://kafka:9092,OUTER://127.0.0.1:" + port)
            .withEnv(
                "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP",
                "INNER:PLAINTEXT,OUTER:PLAINTEXT,CONTROLLER:PLAINTEXT")
            .withEnv("KAFKA_INTER_BROKER_LISTENER_NAME", "INNER")
            .withEnv("KAFKA_DEFAULT_REPLICATION_FACTOR", "1")
            .withEnv("KAFKA_MIN_INSYNC_REPLICAS", "1")
            .withEnv("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "1")
            .withEnv("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1")
            .withEnv("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1")
            .withEnv("KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR", "1")
            .withEnv("KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR", "1")
            .withEnv("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
            .waitingFor(
                Wait.forLogMessage(".*Transitioning from RECOVERY to RUNNING.*", 1)
                    .withStartupTimeout(PATIENCE));
    // The same port after it was killed and started again.
    broker.setPortBindings(List.of("127.0.0.1:" + port + ":9094"));
    return broker;
  }

  /** A lease that outlives both disturbances: neither may cost an attempt. */
  private static GenericContainer<?> server() {
    return container("server")
        .withEnv(PARTS)
        .withEnv("FEWSTEP_REPLICATION", "1")
        .withEnv("FEWSTEP_LEASE", "180s")
        .withEnv("FEWSTEP_PRESENCE", "150s")
        .withEnv("FEWSTEP_ADMIN_TOKEN_FILE", "/run/admin-token")
        .withCopyToContainer(Transferable.of(TOKEN), "/run/admin-token")
        .withExposedPorts(8080);
  }

  @AfterAll
  static void stop() {
    if (tail != null) {
      tail.close();
    }
    Stream.concat(servers.stream(), Stream.of(kafka, minio, worker, once))
        .filter(part -> part != null)
        .forEach(GenericContainer::stop);
    if (network != null) {
      network.close();
    }
  }

  @Test
  void a_killed_broker_and_a_killed_leader_cost_nothing_but_time() throws Exception {
    Api any = api(servers);
    SmallGrid grid = new SmallGrid(any, ITERATIONS);
    grid.prepare(folder);
    String calm = grid.submit("calm");
    SmallGrid.awaitSuccess(any, calm);
    Map<String, String> undisturbed = SmallGrid.weights(any, calm);
    assertThat(undisturbed).hasSize(2);
    assertThat(Set.copyOf(undisturbed.values())).as("two seeds, two results").hasSize(2);
    theWorkerOfOneTaskHasEnded();

    String brokerless = grid.submit("brokerless");
    grid.awaitCheckpoint(brokerless);
    kill(kafka);
    assertThat(state(kafka).getRunning()).isFalse();
    DockerClientFactory.lazyClient().startContainerCmd(kafka.getContainerId()).exec();
    SmallGrid.awaitSuccess(any, brokerless);
    assertThat(SmallGrid.weights(any, brokerless)).isEqualTo(undisturbed);
    noTaskLostAnAttempt(any, brokerless);

    String leaderless = grid.submit("leaderless");
    grid.awaitCheckpoint(leaderless);
    int leader = leader();
    GenericContainer<?> follower = servers.get(1 - leader);
    kill(servers.get(leader));
    Api other = api(List.of(follower));
    SmallGrid.awaitSuccess(other, leaderless);
    assertThat(leads(follower)).isTrue();
    assertThat(SmallGrid.weights(other, leaderless)).isEqualTo(undisturbed);
    noTaskLostAnAttempt(other, leaderless);

    theHistoryIsWhole();
  }

  @Test
  void a_server_that_speaks_tls_is_found_healthy_by_its_own_check() throws Exception {
    String certificate =
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
            + " -keyout /tmp/tls.key -out /tmp/tls.crt";
    try (GenericContainer<?> server =
        server()
            .withEnv("FEWSTEP_TLS_CERTIFICATE", "/tmp/tls.crt")
            .withEnv("FEWSTEP_TLS_KEY", "/tmp/tls.key")
            .withCreateContainerCmdModifier(
                command ->
                    command.withEntrypoint("sh", "-c", certificate + " && exec fewstep server"))) {
      // It waits for the image's health check.
      server.start();
      assertThat(server.getLogs()).contains("serving https://");
      assertThat(server.execInContainer("healthy", "8080", "/none").getExitCode()).isNotZero();
      assertThat(
              server
                  .execInContainer(
                      "env", "-u", "FEWSTEP_TLS_CERTIFICATE", "healthy", "8080", "/healthz")
                  .getExitCode())
          .as("in clear text nothing answers")
          .isNotZero();
    }
  }

  private static Api api(List<GenericContainer<?>> of) {
    List<URI> addresses =
        of.stream()
            .map(one -> URI.create("http://" + one.getHost() + ":" + one.getMappedPort(8080)))
            .toList();
    return new Api(addresses, Optional.of(TOKEN));
  }

  private static void kill(GenericContainer<?> container) {
    DockerClientFactory.lazyClient()
        .killContainerCmd(container.getContainerId())
        .withSignal("KILL")
        .exec();
  }

  private static InspectContainerResponse.ContainerState state(GenericContainer<?> container) {
    return DockerClientFactory.lazyClient()
        .inspectContainerCmd(container.getContainerId())
        .exec()
        .getState();
  }

  private static void theWorkerOfOneTaskHasEnded() throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (Boolean.TRUE.equals(state(once).getRunning()) && System.nanoTime() < end) {
      Thread.sleep(500);
    }
    assertThat(state(once).getRunning()).isFalse();
    assertThat(state(once).getExitCodeLong()).isZero();
    assertThat(once.getLogs())
        .contains("The shift is over after 1 tasks")
        .contains("worker ends: its shift is over");
  }

  /** Which of the two servers leads. */
  private static int leader() throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      for (int index = 0; index < servers.size(); index++) {
        if (leads(servers.get(index))) {
          return index;
        }
      }
      Thread.sleep(500);
    }
    throw new AssertionError("nobody leads");
  }

  private static boolean leads(GenericContainer<?> server) throws IOException {
    URI metrics =
        URI.create("http://" + server.getHost() + ":" + server.getMappedPort(8080) + "/metrics");
    try (InputStream in = metrics.toURL().openStream()) {
      return new String(in.readAllBytes(), UTF_8).contains("\nfewstep_leader 1.0\n");
    }
  }

  private static void noTaskLostAnAttempt(Api client, String experiment) throws Exception {
    Map<String, Integer> attempts = new TreeMap<>();
    for (JsonNode task : client.all(0, "/api/v1/tasks?experiment=" + experiment)) {
      JsonNode whole = client.get(0, "/api/v1/tasks/" + task.path("key").asText());
      assertThat(whole.path("charged").asInt()).as("charged to the retry budget").isZero();
      if ("FINETUNE".equals(whole.path("kind").asText())) {
        attempts.put(whole.path("label").asText(), whole.path("attempt").asInt());
      }
    }
    assertThat(attempts).hasSize(2).allSatisfy((label, attempt) -> assertThat(attempt).isOne());
  }

  private static void theHistoryIsWhole() throws Exception {
    assertThat(tail.awaitDrained(PATIENCE)).as("the end of the topics was read").isTrue();
    checker.end();
    assertThat(FINDINGS.violations()).isEmpty();
    assertThat(checker.experiments()).hasSize(3);
    assertThat(
            Stream.of(
                    Invariant.NOTHING_LOST,
                    Invariant.NOTHING_DOUBLE,
                    Invariant.ONE_EXECUTION,
                    Invariant.RESULT_WAS_REPORTED,
                    Invariant.INBOX_IN_ORDER)
                .filter(invariant -> FINDINGS.checked(invariant) == 0))
        .as("looked at never")
        .isEmpty();
  }
}
