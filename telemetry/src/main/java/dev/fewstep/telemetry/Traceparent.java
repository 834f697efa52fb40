package dev.fewstep.telemetry;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapSetter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * The place in a trace, in the form that headers carry: {@code traceparent} of W3C Trace Context. A
 * header that is malformed counts as none.
 */
public final class Traceparent {
  /** The header's name, over HTTP and in Kafka alike. */
  public static final String HEADER = "traceparent";

  private static final W3CTraceContextPropagator FORMAT = W3CTraceContextPropagator.getInstance();

  private static final TextMapGetter<Headers> FROM_KAFKA =
      (headers, key) -> {
        Header header = headers == null ? null : headers.lastHeader(key);
        return header == null || header.value() == null
            ? null
            : new String(header.value(), StandardCharsets.US_ASCII);
      };

  private static final TextMapSetter<Headers> TO_KAFKA =
      (headers, key, value) ->
          headers.remove(key).add(key, value.getBytes(StandardCharsets.US_ASCII));

  private static final TextMapGetter<Function<String, String>> FROM_LOOKUP =
      (lookup, key) -> lookup == null ? null : lookup.apply(key);

  private Traceparent() {}

  /** Where a Kafka record says that it belongs; the root when it says nothing. */
  public static Context read(Headers headers) {
    return FORMAT.extract(Context.root(), headers, FROM_KAFKA);
  }

  /**
   * Where a request says that it belongs; the root when it says nothing.
   *
   * @param header value of a header by its name, null when there is none
   */
  public static Context read(Function<String, String> header) {
    return FORMAT.extract(Context.root(), header, FROM_LOOKUP);
  }

  /** The place that a text names; the root when it names none. */
  public static Context parse(String text) {
    return read(name -> name.equals(HEADER) ? text : null);
  }

  /** Says in a Kafka record where it belongs; nothing outside a trace. */
  public static void write(Context context, Headers headers) {
    FORMAT.inject(context, headers, TO_KAFKA);
  }

  /** Headers that say where a request belongs; none outside a trace. */
  public static Map<String, String> headers(Context context) {
    Map<String, String> headers = new LinkedHashMap<>();
    FORMAT.inject(context, headers, Map::put);
    return headers;
  }

  /** The text of a place, 55 characters; empty outside a trace. */
  public static Optional<String> text(Context context) {
    return Optional.ofNullable(headers(context).get(HEADER));
  }

  /** Id of the trace, 32 hexadecimal digits; empty outside a trace. */
  public static Optional<String> traceId(Context context) {
    SpanContext span = Span.fromContext(context).getSpanContext();
    return span.isValid() ? Optional.of(span.getTraceId()) : Optional.empty();
  }
}
