package dev.fewstep.orchestrator.panel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import dev.fewstep.orchestrator.ops.OrchestratorMetrics;
import dev.fewstep.orchestrator.ops.StateNumbers;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every panel's query against a real Prometheus that scrapes the orchestrator's real meters. Where
 * there is no {@code prometheus} program it is skipped with a line, or fails when {@code
 * -Dfewstep.require} names the part.
 */
class PrometheusServerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;

  private static void requireProgram() {
    boolean there =
        Arrays.stream(System.getenv("PATH").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "prometheus")));
    List<String> required =
        Arrays.asList(System.getProperty("fewstep.require", "").split("\\s*,\\s*"));
    if (!there && required.contains("prometheus")) {
      throw new AssertionError("part 'prometheus' is absent: no such program on the PATH");
    }
    if (!there) {
      System.err.println(
          "SKIPPED, part 'prometheus' is absent: no such program on the PATH"
              + " (-Dfewstep.require=prometheus makes this an error)");
    }
    assumeTrue(there, "prometheus is there");
  }

  /** Between two scrapes: four finetunes, ten transactions of 20 ms, two answers of 5 ms. */
  private static HttpServer meters(OrchestratorMetrics metrics) throws IOException {
    StateNumbers numbers =
        new StateNumbers(
            List.of(),
            Map.of(),
            List.of(new StateNumbers.DeviceClassNumbers("gpu", 7, 1, 1, 3)),
            List.of());
    AtomicInteger images = new AtomicInteger();
    metrics.inboxLag(5);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/metrics",
        exchange -> {
          for (int i = 0; i < 4; i++) {
            metrics.taskFinished(
                TaskKind.FINETUNE, "gpu", TaskState.SUCCEEDED, Optional.of(Duration.ofSeconds(9)));
          }
          for (int i = 0; i < 10; i++) {
            metrics.committed(Duration.ofMillis(20), 1, List.of());
          }
          for (int i = 0; i < 2; i++) {
            metrics.answered("GET", "listTasks", 200, Duration.ofMillis(5));
          }
          String text =
              metrics.scrape(numbers, List.of(), List.of())
                  + "fewstep_train_images_total{} "
                  + images.addAndGet(640)
                  + "\n";
          byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().add("Content-Type", "text/plain; version=0.0.4");
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    return server;
  }

  private Process prometheus(int port, int target) throws IOException {
    Path config = directory.resolve("prometheus.yml");
    Files.writeString(
        config,
        """
        global: {scrape_interval: 1s}
        scrape_configs:
          - job_name: fewstep
            static_configs: [{targets: ["127.0.0.1:%d"]}]
        """
            .formatted(target));
    return new ProcessBuilder(
            "prometheus",
            "--config.file=" + config,
            "--storage.tsdb.path=" + directory.resolve("data"),
            "--web.listen-address=127.0.0.1:" + port)
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("log").toFile())
        .start();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static Map<String, Double> latest(PanelSource source, Panel panel) throws IOException {
    Instant now = Instant.now();
    List<PanelSeries> series =
        source.read(panel, new PanelRange(now.minusSeconds(20), now, Duration.ofSeconds(1)));
    Map<String, Double> values = new TreeMap<>();
    for (PanelSeries one : series) {
      for (PanelSeries.Point point : one.points()) {
        point.value().ifPresent(value -> values.put(one.labels().toString(), value));
      }
    }
    return values;
  }

  @Test
  void every_panel_finds_its_numbers() throws IOException, InterruptedException {
    requireProgram();
    try (OrchestratorMetrics metrics = new OrchestratorMetrics()) {
      HttpServer meters = meters(metrics);
      int port = freePort();
      Process process = prometheus(port, meters.getAddress().getPort());
      try {
        PanelSource source = new PrometheusPanels(URI.create("http://127.0.0.1:" + port));
        awaitRates(source, process);
        assertThat(latest(source, Panel.QUEUED)).containsExactly(Map.entry("{class=gpu}", 7.0));
        assertThat(latest(source, Panel.RUNNING)).containsExactly(Map.entry("{class=gpu}", 3.0));
        assertThat(latest(source, Panel.UTILISATION))
            .containsExactly(Map.entry("{class=gpu}", 75.0));
        assertThat(latest(source, Panel.INBOX_LAG)).containsExactly(Map.entry("{}", 5.0));
        Map<String, Double> finished = latest(source, Panel.FINISHED);
        assertThat(finished)
            .as("kinds that did not end are seen at 0, so that their first end is seen to rise")
            .containsEntry("{kind=evaluate}", 0.0)
            .containsEntry("{kind=pretrain}", 0.0)
            .containsEntry("{kind=reference}", 0.0);
        assertThat(finished.get("{kind=finetune}")).isPositive();
        assertThat(latest(source, Panel.IMAGES).get("{}")).isPositive();
        assertThat(latest(source, Panel.TRANSACTION).get("{}")).isCloseTo(20, within(0.01));
        assertThat(latest(source, Panel.API_LATENCY).get("{}")).isCloseTo(5, within(0.01));
      } finally {
        process.destroyForcibly();
        process.waitFor(10, TimeUnit.SECONDS);
        meters.stop(0);
      }
    }
  }

  private void awaitRates(PanelSource source, Process process)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    String last = "nothing was read";
    while (System.nanoTime() < deadline) {
      assertThat(process.isAlive()).as(() -> "prometheus lives: " + log()).isTrue();
      try {
        boolean all = true;
        for (Panel panel : Panel.values()) {
          all &= !latest(source, panel).isEmpty();
        }
        if (all) {
          return;
        }
        last = "some panel is empty";
      } catch (IOException e) {
        last = e.getMessage();
      }
      Thread.sleep(250);
    }
    throw new AssertionError("not within " + PATIENCE + ": " + last + "\n" + log());
  }

  private String log() {
    try {
      return Files.readString(directory.resolve("log"));
    } catch (IOException e) {
      return "no log: " + e;
    }
  }
}
