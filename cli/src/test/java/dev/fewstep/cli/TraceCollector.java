package dev.fewstep.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.GZIPInputStream;

/** Takes traces over OTLP/HTTP, as a collector does. */
final class TraceCollector implements AutoCloseable {
  /** A span as it came. */
  record Seen(
      String service,
      String name,
      Span.SpanKind kind,
      String trace,
      String id,
      String parent,
      Map<String, String> attributes,
      boolean failed) {}

  private final HttpServer server;
  private final List<Seen> spans = new CopyOnWriteArrayList<>();

  TraceCollector() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v1/traces", this::take);
    server.start();
  }

  String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  List<Seen> spans() {
    return List.copyOf(spans);
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange;
        InputStream body =
            "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"))
                ? new GZIPInputStream(exchange.getRequestBody())
                : exchange.getRequestBody()) {
      for (ResourceSpans resource :
          ExportTraceServiceRequest.parseFrom(body).getResourceSpansList()) {
        String service =
            attributes(resource.getResource().getAttributesList()).getOrDefault("service.name", "");
        for (ScopeSpans scope : resource.getScopeSpansList()) {
          scope.getSpansList().forEach(span -> spans.add(seen(service, span)));
        }
      }
      exchange.sendResponseHeaders(200, -1);
    }
  }

  private static Seen seen(String service, Span span) {
    HexFormat hex = HexFormat.of();
    return new Seen(
        service,
        span.getName(),
        span.getKind(),
        hex.formatHex(span.getTraceId().toByteArray()),
        hex.formatHex(span.getSpanId().toByteArray()),
        hex.formatHex(span.getParentSpanId().toByteArray()),
        attributes(span.getAttributesList()),
        span.getStatus().getCodeValue() == 2);
  }

  private static Map<String, String> attributes(List<KeyValue> pairs) {
    Map<String, String> found = new TreeMap<>();
    for (KeyValue pair : pairs) {
      found.put(
          pair.getKey(),
          pair.getValue().hasIntValue()
              ? Long.toString(pair.getValue().getIntValue())
              : pair.getValue().getStringValue());
    }
    return found;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
