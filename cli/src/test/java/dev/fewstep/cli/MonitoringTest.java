package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What operators see of a real run: broker, store, server and a worker process, three nights of a
 * benchmark of which the third has a planted regression.
 */
class MonitoringTest {
  private static final Path MODELS = Path.of("..", "models", "fashion-mnist").toAbsolutePath();
  private static final Path DASHBOARDS = Path.of("..", "deploy", "grafana", "dashboards");
  private static final Path DOCUMENT = Path.of("..", "docs", "metrics.md");

  @TempDir static Path folder;
  private static Optional<LocalStack> stack = Optional.empty();
  private static Optional<PrometheusProcess> prometheus = Optional.empty();
  private static volatile Optional<AssertionError> failed = Optional.empty();
  private static Instant began;
  private static Instant ended;
  private static MetersSeen server;
  private static MetersSeen worker;

  @BeforeAll
  static void run() throws Exception {
    System.setProperty("fewstep.home", MODELS.getParent().getParent().toString());
    int workerPort = PrometheusProcess.freePort();
    LocalStack started =
        LocalStack.start(
            Settings.load(
                Map.of(
                    "FEWSTEP_DATA_DIR", folder.resolve("data").toString(),
                    "FEWSTEP_CACHE_DIR", folder.resolve("cache").toString(),
                    "FEWSTEP_CONFIG",
                        Files.writeString(folder.resolve("config.yaml"), "").toString(),
                    "FEWSTEP_HTTP_PORT", "0",
                    "FEWSTEP_WORKER_PORT", Integer.toString(workerPort),
                    "FEWSTEP_THREADS", "1")),
            line -> {});
    stack = Optional.of(started);
    server = new MetersSeen(started.dashboard());
    worker = new MetersSeen(URI.create("http://127.0.0.1:" + workerPort));
    if (PrometheusProcess.isThere()) {
      prometheus =
          Optional.of(PrometheusProcess.start(folder, started.dashboard().getPort(), workerPort));
      prometheus.get().await("sum(up) == 2");
    }
    began = Instant.now();
    ScheduledExecutorService looking = Executors.newSingleThreadScheduledExecutor();
    try {
      var unused =
          looking.scheduleWithFixedDelay(MonitoringTest::look, 0, 200, TimeUnit.MILLISECONDS);
      importInputs(new ApiClient(started.dashboard().toString()));
      benchmark("0.00002");
      fewstep(ExitCodes.INCONCLUSIVE, "nightly", "run", "--gate", "quality");
      fewstep(ExitCodes.OK, "nightly", "run", "--gate", "quality");
      benchmark("0.5");
      fewstep(ExitCodes.REGRESSED, "nightly", "run", "--gate", "quality");
      train();
    } finally {
      looking.shutdown();
      looking.awaitTermination(1, TimeUnit.MINUTES);
    }
    assertThat(failed).as("every scrape has an answer").isEmpty();
    server.look();
    worker.look();
    if (prometheus.isPresent()) {
      System.gc();
      prometheus
          .get()
          .await("ALERTS{alertname=\"FewstepNightlyRegression\",alertstate=\"firing\"}");
      prometheus.get().await("sum(rate(jvm_gc_pause_seconds_sum{job=\"fewstep-server\"}[15s]))");
    }
    // What was scraped last is asked for too.
    ended = Instant.now().plusSeconds(2);
  }

  @AfterAll
  static void stop() {
    prometheus.ifPresent(PrometheusProcess::close);
    stack.ifPresent(LocalStack::close);
  }

  private static void look() {
    if (failed.isPresent()) {
      return;
    }
    try {
      server.look();
      worker.look();
    } catch (IOException e) {
      // The worker may not listen yet; what is missing in the end is found by the tests.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (AssertionError e) {
      failed = Optional.of(e);
    }
  }

  private static void importInputs(ApiClient client) throws IOException {
    Path bundle = folder.resolve("inputs.yaml");
    Files.writeString(
        bundle,
        """
        inputs:
          - {name: images, dataset: %1$s/data/t10k-images-idx3-ubyte.gz}
          - {name: base, weights: %1$s/ddpm/weights.safetensors}
          - {name: a, extractor: %1$s/extractors/a/weights.safetensors}
          - {name: b, extractor: %1$s/extractors/b/weights.safetensors}
        """
            .formatted(MODELS));
    InputBundle.read(bundle).register(client, folder.resolve("datasets"), line -> {});
  }

  private static void benchmark(String learningRate) throws IOException {
    Path file = spec("quality", "5, learningRate: " + learningRate, "[0, 1]");
    schedule(file);
  }

  /** Long enough that a scrape each second sees it train, however fast the machine is. */
  private static void train() throws IOException {
    fewstep(0, "submit", spec("longer", "100, learningRate: 0.00002", "[0]").toString(), "--watch");
  }

  private static Path spec(String name, String training, String seeds) throws IOException {
    return Files.writeString(
        folder.resolve(name + ".yaml"),
        """
            apiVersion: fewstep/v1
            kind: Experiment
            metadata: {name: %s}
            spec:
              base:
                data: {train: images}
                model: {weights: base}
                loss: {extractor: a, mmdBatch: 8, microBatch: 8}
                training: {iterations: %s, warmup: 5, checkpointEvery: 5}
                sampling: {steps: 2}
              grid: {}
              seeds: %s
              evaluation: {reference: images, extractors: [b], samples: 128, batch: 64}
              policy: {cache: false}
            """
            .formatted(name, training, seeds));
  }

  private static void schedule(Path file) {
    fewstep(
        0,
        "schedule",
        "create",
        "quality",
        "--cron",
        "0 2 * * *",
        "--spec",
        file.toString(),
        "--gate",
        "fd",
        "--min-runs",
        "1",
        "--min-seeds",
        "2");
  }

  private static void fewstep(int exitCode, String... arguments) {
    ProgramRun run =
        ProgramRun.of(
            Map.of("FEWSTEP_SERVER_URL", stack.orElseThrow().dashboard().toString()), arguments);
    assertThat(run.exitCode()).as(run.err() + run.out()).isEqualTo(exitCode);
  }

  /** Rows of the tables below a heading: by name, type and labels. */
  private static Map<String, MetersSeen.Seen> documented(String heading) throws IOException {
    Map<String, MetersSeen.Seen> rows = new TreeMap<>();
    String section = Files.readString(DOCUMENT).split("\n## " + heading + "\n", 2)[1];
    for (String line : section.split("\n## ", 2)[0].split("\n")) {
      if (line.startsWith("| `")) {
        String[] cells = line.split("\\|");
        rows.put(
            cells[1].replace("`", "").strip(),
            new MetersSeen.Seen(
                cells[2].strip(),
                new TreeSet<>(
                    List.of(cells[3].strip().split(", ")).stream()
                        .filter(label -> !label.isEmpty())
                        .toList())));
      }
    }
    return rows;
  }

  private static Map<String, MetersSeen.Seen> seen(MetersSeen seen, String prefix) {
    Map<String, MetersSeen.Seen> found = new TreeMap<>(seen.meters());
    found.keySet().removeIf(name -> !name.startsWith(prefix));
    return found;
  }

  private static Map<String, MetersSeen.Seen> ofWorker(String prefix) {
    Map<String, MetersSeen.Seen> found = seen(worker, prefix);
    found.replaceAll(
        (name, meter) -> {
          assertThat(meter.labels()).as(name).contains("class");
          Set<String> others = new TreeSet<>(meter.labels());
          others.remove("class");
          return new MetersSeen.Seen(meter.type(), others);
        });
    return found;
  }

  @Test
  void theServersMetersAreThoseOfTheDocument() throws IOException {
    assertThat(seen(server, "fewstep_")).containsExactlyInAnyOrderEntriesOf(documented("Servers"));
  }

  @Test
  void theWorkersMetersAreThoseOfTheDocument() throws IOException {
    Map<String, MetersSeen.Seen> there = ofWorker("fewstep_");
    documented("Only in some places").keySet().forEach(there::remove);
    assertThat(there).containsExactlyInAnyOrderEntriesOf(documented("Workers"));
  }

  @Test
  void theMetersOfLibrariesAreThoseOfTheDocument() throws IOException {
    Map<String, MetersSeen.Seen> kafka = seen(server, "kafka_");
    kafka.putAll(ofWorker("kafka_"));
    assertThat(kafka).containsExactlyInAnyOrderEntriesOf(documented("Of libraries"));
    for (MetersSeen one : List.of(server, worker)) {
      assertThat(one.meters().keySet())
          .contains("disk_free_bytes", "disk_total_bytes", "jvm_memory_used_bytes")
          .allMatch(name -> name.matches("(fewstep|kafka|jvm|process|system|disk)_.*"));
    }
  }

  @Test
  void theSeriesOfATaskGoWithIt() throws Exception {
    List<String> left = new ArrayList<>();
    for (MetersSeen seen : List.of(server, worker)) {
      seen.look()
          .lines()
          .filter(line -> !line.startsWith("#") && line.contains("task=\""))
          .forEach(left::add);
    }
    assertThat(left).isEmpty();
  }

  private static List<JsonNode> dashboards() throws IOException {
    List<JsonNode> all = new ArrayList<>();
    try (Stream<Path> files = Files.list(DASHBOARDS)) {
      for (Path file : files.sorted().toList()) {
        all.add(Json.messages().readTree(Files.readString(file)));
      }
    }
    assertThat(all).isNotEmpty();
    return all;
  }

  /** As Grafana asks with everything chosen, at an interval that suits a scrape a second. */
  private static String chosen(String expression) {
    return expression.replace("$__rate_interval", "15s").replaceAll("=~\"\\$[a-z]+\"", "=~\".*\"");
  }

  @Test
  void everyPanelHasData() throws Exception {
    assumeTrue(prometheus.isPresent(), "part 'prometheus' is absent");
    List<String> empty = new ArrayList<>();
    int asked = 0;
    for (JsonNode dashboard : dashboards()) {
      for (JsonNode panel : dashboard.path("panels")) {
        for (JsonNode target : panel.path("targets")) {
          String query = chosen(target.path("expr").asText());
          // Asked also where there is no GPU, so that it is at least one that Prometheus reads.
          boolean answered = prometheus.get().answers(query, began, ended);
          boolean ofGpu = query.contains("DCGM_") || query.contains("fewstep_device_utilisation");
          if (!answered && !ofGpu) {
            empty.add(
                dashboard.path("title").asText()
                    + ", "
                    + panel.path("title").asText()
                    + ": "
                    + query);
          }
          asked++;
        }
      }
    }
    assertThat(empty).as("queries without data, of %d", asked).isEmpty();
    assertThat(asked).isGreaterThan(70);
  }

  @Test
  void everyVariableAndAnnotationHasData() throws Exception {
    assumeTrue(prometheus.isPresent(), "part 'prometheus' is absent");
    for (JsonNode dashboard : dashboards()) {
      for (JsonNode variable : dashboard.path("templating").path("list")) {
        if (variable.path("type").asText().equals("query")) {
          String metric =
              variable.path("definition").asText().replaceAll("label_values\\((.*), .*\\)", "$1");
          JsonNode values =
              prometheus
                  .get()
                  .ask(
                      "label/" + variable.path("name").asText() + "/values",
                      Map.of("match[]", metric));
          assertThat(values).as(variable.toString()).isNotEmpty();
        }
      }
      for (JsonNode annotation : dashboard.path("annotations").path("list")) {
        String query = annotation.path("expr").asText();
        assertThat(prometheus.get().answers(query, began, ended)).as(query).isTrue();
      }
    }
  }

  @Test
  void aPanelLeadsToATrialThatThereIs() throws Exception {
    assumeTrue(prometheus.isPresent(), "part 'prometheus' is absent");
    JsonNode series =
        prometheus
            .get()
            .range(
                "fewstep_train_loss * on (task) group_left (trial)"
                    + " max by (task, trial) (fewstep_task_running_info)",
                began,
                ended);
    assertThat(series).isNotEmpty();
    ApiClient client = new ApiClient(stack.orElseThrow().dashboard().toString());
    for (JsonNode one : series) {
      JsonNode labels = one.path("metric");
      JsonNode trial =
          client.get(
              "/api/v1/experiments/"
                  + labels.path("experiment").asText()
                  + "/trials/"
                  + labels.path("trial").asText());
      assertThat(trial.toString()).contains(labels.path("task").asText());
    }
  }

  /** Nothing was broken, so nothing but the planted regression may be told. */
  @Test
  void onlyThePlantedRegressionFires() throws Exception {
    assumeTrue(prometheus.isPresent(), "part 'prometheus' is absent");
    Set<String> fired = new TreeSet<>();
    for (JsonNode one :
        prometheus
            .get()
            .range(
                "ALERTS{alertname=~\"Fewstep.*\",alertname!~\"FewstepDisk.*\",alertstate=\"firing\"}",
                began,
                ended)) {
      fired.add(
          one.path("metric").path("alertname").asText()
              + " "
              + one.path("metric").path("benchmark").asText());
    }
    assertThat(fired).containsExactly("FewstepNightlyRegression quality");
  }
}
