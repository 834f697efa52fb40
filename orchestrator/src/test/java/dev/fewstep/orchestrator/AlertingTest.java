package dev.fewstep.orchestrator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.spec.ExperimentSpecs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * From a score to a person: real schedules and their gate, a real Prometheus on the rules of the
 * repository, a real Alertmanager on its configuration, and a receiver. Only the scores are given,
 * by a worker that follows a script.
 */
class AlertingTest {
  private static final int EACH = 20;
  private static final Path CONFIG =
      Path.of("..", "deploy", "prometheus").toAbsolutePath().normalize();

  @TempDir private Path folder;
  private final Map<String, Double> levels = new ConcurrentHashMap<>();
  private final Set<String> firing = new ConcurrentSkipListSet<>();
  private final Set<String> resolved = new ConcurrentSkipListSet<>();
  private final List<Process> processes = new ArrayList<>();
  private final Random noise = new Random(5);
  private HttpServer receiver;
  private TestStack stack;
  private Orchestrator orchestrator;
  private ApiClient client;

  private static void needs(String part, String program) {
    boolean there =
        Arrays.stream(System.getenv("PATH").split(":"))
            .anyMatch(path -> Files.isExecutable(Path.of(path, program)));
    List<String> required =
        Arrays.asList(System.getProperty("fewstep.require", "").split("\\s*,\\s*"));
    assertThat(there || !required.contains(part))
        .as("part '%s' is required, and there is no %s on the PATH", part, program)
        .isTrue();
    if (!there) {
      System.err.printf(
          "SKIPPED, part '%s' is absent: no %s on the PATH"
              + " (-Dfewstep.require=%s makes this an error)%n",
          part, program, part);
    }
    assumeTrue(there, program);
  }

  @BeforeEach
  void start() throws IOException {
    needs("prometheus", "prometheus");
    needs("alertmanager", "prometheus-alertmanager");
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext("/", this::receive);
    receiver.start();
    stack = new TestStack();
    orchestrator = Orchestrator.start(stack.config());
    TestStack.await("a leader", orchestrator::ready);
    client = new ApiClient(orchestrator.address());
    client.importInputs();
    int alertmanager = freePort();
    startAlertmanager(alertmanager);
    startPrometheus(alertmanager);
  }

  @AfterEach
  void stop() throws InterruptedException {
    for (Process process : processes) {
      process.destroyForcibly();
      process.waitFor(20, TimeUnit.SECONDS);
    }
    if (orchestrator != null) {
      orchestrator.close();
    }
    if (stack != null) {
      stack.close();
      receiver.stop(0);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void startAlertmanager(int port) throws IOException {
    String text = Files.readString(CONFIG.resolve("alertmanager.yml"));
    assertThat(text).contains("127.0.0.1:9095", "group_wait: 30s", "group_interval: 5m");
    Path config =
        Files.writeString(
            folder.resolve("alertmanager.yml"),
            text.replace("127.0.0.1:9095", "127.0.0.1:" + receiver.getAddress().getPort())
                .replace("group_wait: 30s", "group_wait: 1s")
                .replace("group_interval: 5m", "group_interval: 1s"));
    start(
        "prometheus-alertmanager",
        "--config.file=" + config,
        "--storage.path=" + folder.resolve("alertmanager"),
        "--web.listen-address=127.0.0.1:" + port,
        "--cluster.listen-address=");
  }

  private void startPrometheus(int alertmanager) throws IOException {
    String text = Files.readString(CONFIG.resolve("local.yml"));
    assertThat(text).contains("127.0.0.1:8080", "127.0.0.1:9093", ": 15s", "[rules/*.yml]");
    Path config =
        Files.writeString(
            folder.resolve("prometheus.yml"),
            text.replace("127.0.0.1:8080", "127.0.0.1:" + orchestrator.address().getPort())
                .replace("127.0.0.1:9093", "127.0.0.1:" + alertmanager)
                .replace(": 15s", ": 1s")
                .replace("scrape_timeout: 10s", "scrape_timeout: 1s")
                .replace("[rules/*.yml]", "[" + CONFIG.resolve("rules") + "/*.yml]"));
    start(
        "prometheus",
        "--config.file=" + config,
        "--storage.tsdb.path=" + folder.resolve("prometheus"),
        "--web.listen-address=127.0.0.1:" + freePort(),
        // Resolved alerts are told at once and not only after a minute.
        "--rules.alert.resend-delay=1s");
  }

  private void start(String... command) throws IOException {
    processes.add(
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(command[0] + ".log").toFile())
            .start());
  }

  private void receive(HttpExchange exchange) throws IOException {
    JsonNode told = Json.messages().readTree(exchange.getRequestBody().readAllBytes());
    for (JsonNode alert : told.path("alerts")) {
      String name =
          alert.path("labels").path("alertname").asText()
              + " "
              + alert.path("labels").path("benchmark").asText();
      (alert.path("status").asText().equals("firing") ? firing : resolved).add(name);
    }
    exchange.sendResponseHeaders(200, -1);
    exchange.close();
  }

  private HttpResponse<byte[]> send(String method, String path, String body) {
    UUID key = UUID.randomUUID();
    HttpResponse<byte[]> response;
    do {
      response =
          client.send(
              client
                  .request("/api/v1/" + path)
                  .header("Content-Type", "application/json")
                  .header("Idempotency-Key", key.toString())
                  .method(method, BodyPublishers.ofString(body)));
    } while (response.statusCode() == 202);
    assertThat(response.statusCode()).as(new String(response.body(), UTF_8)).isIn(200, 201);
    return response;
  }

  /** One night of a benchmark whose scores lie around a level; its experiment. */
  private String night(String benchmark, int number, double level) {
    String spec =
        ApiClient.SPEC
            .replace("NAME", benchmark)
            .replace("grid:\n    sampling.steps: [4, 5]", "grid: {}\n  seeds: [0, 1]")
            .replace("baseSteps: [10]", "baseSteps: []")
            .replace(
                "extractor: small/multi}",
                "extractor: small/multi}\n    training: {learningRate: %s}"
                    .formatted(1e-6 * (1 + number + 2 * Integer.parseInt(benchmark.substring(1)))));
    ObjectNode body =
        Json.messages().createObjectNode().put("cron", "0 2 29 2 *").put("zone", "UTC");
    body.set("experiment", Json.toTree(ExperimentSpecs.parse("s.yaml", spec)));
    body.putObject("gate").put("minRuns", 1).put("minSeeds", 2).putArray("scores").add("fd");
    send("PUT", "schedules/" + benchmark, body.toString());
    String id =
        ApiClient.json(send("POST", "schedules/" + benchmark + ":run", "")).path("id").asText();
    levels.put(id, level);
    return id;
  }

  private Map<String, Double> scores(TaskMessage task) {
    Map<String, Double> scores = ScriptedWorker.scores(task);
    if (task.kind() == TaskKind.EVALUATE) {
      double level = levels.getOrDefault(task.experimentId(), 20.0);
      scores.replaceAll(
          (name, value) -> name.startsWith("fd:") ? level + 0.02 * noise.nextGaussian() : value);
    }
    return scores;
  }

  private void work(ScriptedWorker worker) {
    TestStack.await(
        "every run is over",
        () -> {
          for (TaskMessage task : worker.waiting()) {
            worker.finish(task, worker.start(task));
          }
          return levels.keySet().stream()
              .allMatch(
                  id ->
                      client
                          .read("/api/v1/experiments/" + id)
                          .path("state")
                          .asText()
                          .equals("SUCCEEDED"));
        });
  }

  /** 20 benchmarks get worse by a tenth, 20 do not. */
  @Test
  void aPlantedRegressionIsToldAndARunWithoutOneIsNot() throws Exception {
    List<String> worse = new ArrayList<>();
    // More than one task is out at a time.
    List<TopicReader.Present> devices = new ArrayList<>();
    try (TopicReader topics = new TopicReader(stack.kafka());
        ObjectStore store = new ObjectStore(stack.store());
        ScriptedWorker worker = new ScriptedWorker(topics, store, this::scores)) {
      for (int i = 0; i < 12; i++) {
        devices.add(topics.idle(UUID.randomUUID(), "cpu"));
      }
      for (int i = 0; i < 2 * EACH; i++) {
        night("b" + i, 0, 20);
      }
      work(worker);
      assertThat(firing).as("nothing to compare with is no regression").isEmpty();
      levels.clear();
      for (int i = 0; i < 2 * EACH; i++) {
        String id = night("b" + i, 1, i % 2 == 0 ? 22 : 20);
        if (i % 2 == 0) {
          worse.add(id);
        }
      }
      work(worker);
    } finally {
      devices.forEach(TopicReader.Present::close);
    }
    Set<String> expected = new TreeSet<>();
    for (int i = 0; i < 2 * EACH; i += 2) {
      expected.add("FewstepNightlyRegression b" + i);
    }
    TestStack.await("all are told", () -> firing.containsAll(expected));
    // Once these are told to be over, everything before has passed through all the parts.
    send(
        "POST",
        "nightly/b0:accept",
        Json.messages().createObjectNode().put("experimentId", worse.get(0)).toString());
    TestStack.await("an accepted one ends", () -> !resolved.isEmpty());
    assertThat(resolved).containsExactly("FewstepNightlyRegression b0");
    assertThat(firing).isEqualTo(expected);
  }
}
