package dev.fewstep.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceparentTest {
  /** The example of W3C Trace Context, section 3.2.2.5. */
  private static final String EXAMPLE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  @Test
  void goesThroughTextHttpAndKafkaUnchanged() {
    Context place = Traceparent.parse(EXAMPLE);

    SpanContext span = Span.fromContext(place).getSpanContext();
    assertThat(span.getTraceId()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
    assertThat(span.getSpanId()).isEqualTo("b7ad6b7169203331");
    assertThat(span.isSampled()).isTrue();
    assertThat(span.isRemote()).isTrue();
    assertThat(Traceparent.text(place)).contains(EXAMPLE);
    assertThat(Traceparent.traceId(place)).contains("0af7651916cd43dd8448eb211c80319c");

    RecordHeaders headers = new RecordHeaders();
    headers.add("traceparent", "an older one".getBytes(StandardCharsets.US_ASCII));
    Traceparent.write(place, headers);
    assertThat(headers.headers("traceparent")).hasSize(1);
    assertThat(Traceparent.text(Traceparent.read(headers))).contains(EXAMPLE);

    Map<String, String> http = Traceparent.headers(place);
    assertThat(Traceparent.text(Traceparent.read(http::get))).contains(EXAMPLE);
  }

  @Test
  void whoAsksNotToBeRecordedIsNot() {
    Context place = Traceparent.parse(EXAMPLE.replaceFirst("-01$", "-00"));

    assertThat(Span.fromContext(place).getSpanContext().isSampled()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "\r\nX-Other: 1"
      })
  void whatIsMalformedIsNoPlace(String text) {
    assertThat(Traceparent.text(Traceparent.parse(text))).isEmpty();
    assertThat(Traceparent.headers(Traceparent.parse(text))).isEmpty();
    assertThat(Traceparent.traceId(Traceparent.parse(text))).isEmpty();
  }

  @Test
  void outsideATraceNothingIsSaid() {
    RecordHeaders headers = new RecordHeaders();

    Traceparent.write(Context.root(), headers);

    assertThat(headers.toArray()).isEmpty();
    assertThat(Traceparent.text(Traceparent.read(headers))).isEmpty();
  }
}
