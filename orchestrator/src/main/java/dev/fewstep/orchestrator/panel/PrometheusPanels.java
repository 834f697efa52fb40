package dev.fewstep.orchestrator.panel;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;

/** Panels by Prometheus' range queries ({@code /api/v1/query_range}). */
public final class PrometheusPanels implements PanelSource {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final int MOST_BYTES = 4 << 20;
  private static final int MOST_SERIES = 50;

  private final URI server;
  private final HttpClient client =
      HttpClient.newBuilder()
          .connectTimeout(PATIENCE)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  /**
   * Asks one server.
   *
   * @param server such as {@code http://prometheus:9090}, perhaps with a path before {@code /api}
   */
  public PrometheusPanels(URI server) {
    this.server = requireNonNull(server, "server");
    if (server.getHost() == null || !List.of("http", "https").contains(server.getScheme())) {
      throw new IllegalArgumentException(
          "the address of Prometheus must be like http://prometheus:9090");
    }
  }

  @Override
  public String name() {
    return "prometheus";
  }

  @Override
  public String note() {
    return "";
  }

  @Override
  public List<PanelSeries> read(Panel panel, PanelRange range) throws IOException {
    String query =
        "query="
            + URLEncoder.encode(panel.query(range.windowSeconds()), StandardCharsets.UTF_8)
            + "&start="
            + range.from().getEpochSecond()
            + "&end="
            + range.to().getEpochSecond()
            + "&step="
            + range.step().toSeconds();
    String path = server.toString().replaceAll("/+$", "") + "/api/v1/query_range?";
    JsonNode answer = ask(URI.create(path + query));
    if (!answer.path("status").asText().equals("success")) {
      throw refused("refused the query of " + panel.id() + ": " + answer.path("error").asText());
    }
    return series(answer.path("data").path("result"), range);
  }

  private JsonNode ask(URI address) throws IOException {
    Answer answer = fetch(address);
    String body =
        answer
            .body()
            .orElseThrow(() -> refused("answered with more than " + MOST_BYTES + " bytes"));
    try {
      return Json.messages().readTree(body);
    } catch (JsonProcessingException e) {
      throw refused("answered " + answer.status() + " and no JSON");
    }
  }

  /** What came; no body when it is longer than allowed. */
  private record Answer(int status, Optional<String> body) {}

  private Answer fetch(URI address) throws IOException {
    HttpRequest request = HttpRequest.newBuilder(address).timeout(PATIENCE).build();
    try {
      HttpResponse<InputStream> response =
          client.send(request, HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        byte[] bytes = body.readNBytes(MOST_BYTES + 1);
        return new Answer(
            response.statusCode(),
            bytes.length > MOST_BYTES
                ? Optional.empty()
                : Optional.of(new String(bytes, StandardCharsets.UTF_8)));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw refused("was not waited for");
    } catch (IOException e) {
      throw refused("does not answer: " + e);
    }
  }

  private IOException refused(String what) {
    return new IOException(
        "Prometheus at " + server.getHost() + ":" + server.getPort() + " " + what);
  }

  private static List<PanelSeries> series(JsonNode result, PanelRange range) {
    List<PanelSeries> all = new ArrayList<>();
    for (JsonNode one : result) {
      if (all.size() == MOST_SERIES) {
        break;
      }
      Map<String, String> labels = new TreeMap<>();
      one.path("metric").properties().forEach(f -> labels.put(f.getKey(), f.getValue().asText()));
      Map<Long, Double> values = new HashMap<>();
      for (JsonNode value : one.path("values")) {
        values.put(value.path(0).asLong(), number(value.path(1).asText()));
      }
      List<PanelSeries.Point> points = new ArrayList<>();
      for (long at : range.times()) {
        double value = values.getOrDefault(at, Double.NaN);
        points.add(
            new PanelSeries.Point(
                at, Double.isFinite(value) ? OptionalDouble.of(value) : OptionalDouble.empty()));
      }
      all.add(new PanelSeries(labels, points));
    }
    return all;
  }

  /** Prometheus writes {@code NaN}, {@code +Inf} and {@code -Inf}. */
  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }
}
