package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A real Prometheus on {@code deploy/prometheus/local.yml}, with other ports and intervals. */
final class PrometheusProcess implements AutoCloseable {
  private static final Path CONFIG = Path.of("..", "deploy", "prometheus").toAbsolutePath();

  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final Process process;
  private final Path log;
  private final String address;

  private PrometheusProcess(Process process, Path log, String address) {
    this.process = process;
    this.log = log;
    this.address = address;
  }

  /** Whether there is such a program; says so where it is not, or fails where it is demanded. */
  static boolean isThere() {
    boolean there =
        Arrays.stream(System.getenv("PATH").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "prometheus")));
    boolean demanded =
        Arrays.asList(System.getProperty("fewstep.require", "").split("\\s*,\\s*"))
            .contains("prometheus");
    assertThat(there || !demanded)
        .as("part 'prometheus' is required, and no such program is on the PATH")
        .isTrue();
    if (!there) {
      System.err.println(
          "SKIPPED, part 'prometheus' is absent: no such program on the PATH"
              + " (-Dfewstep.require=prometheus makes this an error)");
    }
    return there;
  }

  /** Starts one that scrapes a server and a worker each second. */
  static PrometheusProcess start(Path folder, int serverPort, int workerPort) throws IOException {
    String text = Files.readString(CONFIG.resolve("local.yml"));
    assertThat(text).contains("127.0.0.1:8080", "127.0.0.1:9100", ": 15s", "[rules/*.yml]");
    Path config =
        Files.writeString(
            folder.resolve("prometheus.yml"),
            text.replace("127.0.0.1:8080", "127.0.0.1:" + serverPort)
                .replace("127.0.0.1:9100", "127.0.0.1:" + workerPort)
                .replace("127.0.0.1:9093", "127.0.0.1:9")
                .replace(": 15s", ": 1s")
                .replace("scrape_timeout: 10s", "scrape_timeout: 1s")
                .replace("[rules/*.yml]", "[" + CONFIG.resolve("rules") + "/*.yml]"));
    int port = freePort();
    Path log = folder.resolve("prometheus.log");
    Process process =
        new ProcessBuilder(
                "prometheus",
                "--config.file=" + config,
                "--storage.tsdb.path=" + folder.resolve("prometheus"),
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    return new PrometheusProcess(process, log, "http://127.0.0.1:" + port);
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** The answer's data; a query that is none fails. */
  JsonNode ask(String path, Map<String, String> parameters)
      throws IOException, InterruptedException {
    String query =
        parameters.entrySet().stream()
            .map(
                one ->
                    one.getKey() + "=" + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(URI.create(address + "/api/v1/" + path + "?" + query))
                .timeout(Duration.ofSeconds(60))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() == 503) {
      throw new IOException("not yet: " + response.body());
    }
    assertThat(response.statusCode()).as("%s: %s", parameters, response.body()).isEqualTo(200);
    return Json.messages().readTree(response.body()).path("data");
  }

  /** Series of a query between two moments. */
  JsonNode range(String query, Instant from, Instant to) throws IOException, InterruptedException {
    return ask(
            "query_range",
            Map.of(
                "query",
                query,
                "start",
                Long.toString(from.getEpochSecond()),
                "end",
                Long.toString(to.getEpochSecond()),
                "step",
                "1"))
        .path("result");
  }

  /** Whether a query has an answer that is a number, at some moment between two. */
  boolean answers(String query, Instant from, Instant to) throws IOException, InterruptedException {
    for (JsonNode series : range(query, from, to)) {
      for (JsonNode value : series.path("values")) {
        if (Double.isFinite(
            Double.parseDouble(value.path(1).asText().replace("Inf", "Infinity")))) {
          return true;
        }
      }
    }
    return false;
  }

  /** Waits two minutes at most until a query has an answer now. */
  void await(String query) throws IOException, InterruptedException {
    Instant deadline = Instant.now().plus(Duration.ofMinutes(2));
    while (true) {
      assertThat(process.isAlive()).as("prometheus runs: %s", Files.readString(log)).isTrue();
      try {
        if (!ask("query", Map.of("query", query)).path("result").isEmpty()) {
          return;
        }
      } catch (IOException e) {
        // It is not ready yet.
      }
      assertThat(Instant.now())
          .as("%s has an answer: %s", query, Files.readString(log))
          .isBefore(deadline);
      Thread.sleep(200);
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
