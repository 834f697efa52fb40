package dev.fewstep.orchestrator.panel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PanelsTest {
  private static final Readings.Times NONE = new Readings.Times(0, 0);

  private Instant now = Instant.ofEpochSecond(1_000_000);
  private Readings readings = readings(0, 0, NONE);
  private final OwnPanels own = OwnPanels.unstarted(() -> readings, clock());
  private HttpServer server;

  private Clock clock() {
    return new Clock() {
      @Override
      public java.time.ZoneId getZone() {
        return ZoneOffset.UTC;
      }

      @Override
      public Clock withZone(java.time.ZoneId zone) {
        return this;
      }

      @Override
      public Instant instant() {
        return now;
      }
    };
  }

  @AfterEach
  void stop() {
    own.close();
    if (server != null) {
      server.stop(0);
    }
  }

  private static Readings readings(double finished, double busy, Readings.Times transactions) {
    return new Readings(
        finished == 0 ? Map.of() : Map.of("finetune", finished),
        Map.of("cpu", 7.0),
        Map.of("cpu", busy),
        Map.of("cpu", 4 - busy),
        120,
        3,
        transactions,
        NONE);
  }

  private PanelRange last(int seconds, int step) {
    return new PanelRange(now.minusSeconds(seconds), now, Duration.ofSeconds(step));
  }

  private List<Double> values(Panel panel, PanelRange range) {
    List<PanelSeries> series = own.read(panel, range);
    assertThat(series).hasSize(1);
    return series.get(0).points().stream()
        .map(point -> point.value().isPresent() ? point.value().getAsDouble() : Double.NaN)
        .toList();
  }

  @Test
  void ownMetersGiveRatesMeansAndWhatIsNow() {
    for (int sample = 0; sample <= 24; sample++) {
      // Two tasks a second, three of four workers busy, ten transactions of 20 ms a second.
      readings = readings(10 * sample, 3, new Readings.Times(50 * sample, 1.0 * sample));
      own.sample();
      now = now.plusSeconds(5);
    }
    now = now.minusSeconds(5);
    assertThat(values(Panel.FINISHED, last(60, 30))).containsExactly(2.0, 2.0, 2.0);
    assertThat(values(Panel.QUEUED, last(60, 30))).containsExactly(7.0, 7.0, 7.0);
    assertThat(values(Panel.RUNNING, last(0, 30))).containsExactly(3.0);
    assertThat(values(Panel.UTILISATION, last(0, 30))).containsExactly(75.0);
    assertThat(values(Panel.IMAGES, last(0, 30))).containsExactly(120.0);
    assertThat(values(Panel.INBOX_LAG, last(0, 30))).containsExactly(3.0);
    assertThat(values(Panel.TRANSACTION, last(60, 30))).containsExactly(20.0, 20.0, 20.0);
    assertThat(values(Panel.API_LATENCY, last(0, 30)))
        .as("nobody asked")
        .containsExactly(Double.NaN);
    assertThat(own.read(Panel.FINISHED, last(0, 30)).get(0).labels())
        .containsExactly(Map.entry("kind", "finetune"));
  }

  @Test
  void nothingIsKnownOfTheTimeBeforeTheFirstSampleNorOfWhatIsTooOld() {
    own.sample();
    assertThat(values(Panel.QUEUED, last(120, 60))).containsExactly(Double.NaN, Double.NaN, 7.0);
    now = now.plus(Duration.ofHours(7));
    own.sample();
    PanelRange whole = new PanelRange(now.minus(Duration.ofHours(8)), now, Duration.ofMinutes(5));
    assertThat(values(Panel.QUEUED, whole)).filteredOn(Double::isFinite).hasSize(1);
  }

  @Test
  void aRangeIsBounded() {
    assertThatThrownBy(() -> last(7200, 1)).hasMessageContaining("7201 points of at most 2000");
    assertThatThrownBy(() -> new PanelRange(now, now.minusSeconds(1), Duration.ofSeconds(1)))
        .hasMessageContaining("to must not be before from");
    assertThatThrownBy(() -> last(10, 0)).hasMessageContaining("step must be at least 1 second");
  }

  private PrometheusPanels prometheus(int status, String body, AtomicReference<String> asked)
      throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/prefix/api/v1/query_range",
        exchange -> {
          asked.set(
              URLDecoder.decode(exchange.getRequestURI().getRawQuery(), StandardCharsets.UTF_8));
          byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    return new PrometheusPanels(
        URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/prefix/"));
  }

  @Test
  void prometheusIsAskedWithTheFixedQuery() throws IOException {
    AtomicReference<String> asked = new AtomicReference<>();
    // As Prometheus writes it: a time without a sample is left out, 0/0 is NaN.
    PrometheusPanels panels =
        prometheus(
            200,
            """
            {"status":"success","data":{"resultType":"matrix","result":[
              {"metric":{"kind":"evaluate"},"values":[[999940,"1.5"],[1000000,"NaN"]]}]}}
            """,
            asked);
    List<PanelSeries> found = panels.read(Panel.FINISHED, last(60, 30));
    assertThat(asked.get())
        .isEqualTo(
            "query=sum by (kind) (rate(fewstep_tasks_finished_total[30s]))"
                + "&start=999940&end=1000000&step=30");
    assertThat(found).hasSize(1);
    assertThat(found.get(0).labels()).containsExactly(Map.entry("kind", "evaluate"));
    assertThat(found.get(0).points())
        .containsExactly(
            new PanelSeries.Point(999_940, OptionalDouble.of(1.5)),
            new PanelSeries.Point(999_970, OptionalDouble.empty()),
            new PanelSeries.Point(1_000_000, OptionalDouble.empty()));
  }

  @Test
  void whatPrometheusRefusesIsSaid() throws IOException {
    PrometheusPanels panels =
        prometheus(
            400,
            "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"no such function\"}",
            new AtomicReference<>());
    assertThatThrownBy(() -> panels.read(Panel.QUEUED, last(60, 30)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Prometheus at 127.0.0.1:")
        .hasMessageContaining("no such function");
    server.stop(0);
    assertThatThrownBy(() -> panels.read(Panel.QUEUED, last(60, 30)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("does not answer");
    assertThatThrownBy(() -> new PrometheusPanels(URI.create("file:/etc/passwd")))
        .hasMessageContaining("http://prometheus:9090");
  }

  @Test
  void aBodyThatIsNoJsonIsSaid() throws IOException {
    PrometheusPanels panels = prometheus(502, "<html>bad gateway", new AtomicReference<>());
    assertThatThrownBy(() -> panels.read(Panel.QUEUED, last(60, 30)))
        .hasMessageContaining("answered 502 and no JSON");
  }
}
