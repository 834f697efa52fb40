package dev.fewstep.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class TracesTest {
  private static final String SECRET = "Bearer of-the-collector";

  @Test
  void areOffUnlessSomethingSaysWhereTheyGo() {
    for (Map<String, String> off :
        List.of(
            Map.<String, String>of(),
            Map.of("OTEL_SERVICE_NAME", "fewstep"),
            Map.of("OTEL_TRACES_EXPORTER", "none"),
            Map.of("OTEL_TRACES_EXPORTER", "none", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"),
            Map.of("OTEL_SDK_DISABLED", "true", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"))) {
      try (Traces traces = Traces.fromEnvironment("fewstep-test", "1", off)) {
        assertThat(traces.on()).as("%s", off).isFalse();
        Span span = traces.span("work", SpanKind.INTERNAL).startSpan();
        assertThat(span.isRecording()).isFalse();
        assertThat(span.getSpanContext().isValid()).isFalse();
      }
    }
  }

  @Test
  void whatCannotBeMeantIsRefusedAtTheStart() {
    assertThatThrownBy(
            () ->
                Traces.fromEnvironment("fewstep-test", "1", Map.of("OTEL_TRACES_EXPORTER", "otpl")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("OTEL_")
        .hasMessageContaining("otpl");
  }

  @Test
  void sendsWhatIsRecordedWithWhatTheVariablesSay() throws IOException {
    List<String> asked = new CopyOnWriteArrayList<>();
    HttpServer collector =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/",
        exchange -> {
          asked.add(
              exchange.getRequestMethod()
                  + " "
                  + exchange.getRequestURI().getPath()
                  + " "
                  + exchange.getRequestHeaders().getFirst("Authorization")
                  + " "
                  + exchange.getRequestHeaders().getFirst("Content-Type"));
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    collector.start();
    try (Traces traces =
        Traces.fromEnvironment(
            "fewstep-test",
            "1",
            Map.of(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://127.0.0.1:" + collector.getAddress().getPort(),
                "OTEL_EXPORTER_OTLP_HEADERS",
                "Authorization=" + SECRET.replace(" ", "%20")))) {
      assertThat(traces.on()).isTrue();
      traces.span("work", SpanKind.INTERNAL).startSpan().end();
    } finally {
      collector.stop(1);
    }
    assertThat(asked).containsExactly("POST /v1/traces " + SECRET + " application/x-protobuf");
  }

  @Test
  @Timeout(60)
  void aCollectorThatIsAwayHoldsNothingUp() {
    try (Traces traces =
        Traces.fromEnvironment(
            "fewstep-test", "1", Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"))) {
      for (int i = 0; i < 10_000; i++) {
        Span span = traces.span("work", SpanKind.INTERNAL).startSpan();
        assertThat(span.isRecording()).isTrue();
        span.end();
      }
    }
  }
}
