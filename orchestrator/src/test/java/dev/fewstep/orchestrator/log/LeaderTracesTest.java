package dev.fewstep.orchestrator.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.telemetry.TraceKeys;
import dev.fewstep.telemetry.Traceparent;
import dev.fewstep.telemetry.Traces;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeaderTracesTest {
  private static final String PLACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private final InMemorySpanExporter spans = InMemorySpanExporter.create();
  private final OpenTelemetrySdk sdk =
      OpenTelemetrySdk.builder()
          .setTracerProvider(
              SdkTracerProvider.builder()
                  .addSpanProcessor(SimpleSpanProcessor.create(spans))
                  .build())
          .build();
  private final OrchestratorState state = new OrchestratorState();
  private final LeaderTraces traces = new LeaderTraces(Traces.with(sdk));

  @AfterEach
  void close() {
    sdk.close();
  }

  private static ConsumerRecord<byte[], byte[]> read(Optional<String> place) {
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>(Topics.INBOX, 0, 7, new byte[0], new byte[0]);
    place.ifPresent(
        text -> record.headers().add("traceparent", text.getBytes(StandardCharsets.US_ASCII)));
    return record;
  }

  private static Command command() {
    return new Command.CancelExperiment(UUID.randomUUID(), Instant.EPOCH, "e-1");
  }

  private static TaskMessage task(String key, String experiment) {
    return new TaskMessage(
        key.repeat(64),
        1,
        TaskKind.FINETUNE,
        JsonNodeFactory.instance.objectNode(),
        Map.of(),
        Optional.empty(),
        experiment,
        Instant.EPOCH);
  }

  private Headers publish(TaskMessage task) {
    Headers headers = new RecordHeaders();
    traces.publishes(task, "cpu", state, headers);
    return headers;
  }

  @Test
  void aDecisionIsASpanUntilItIsCommitted() {
    traces.received(read(Optional.of(PLACE)), command());
    assertThat(spans.getFinishedSpanItems()).isEmpty();

    traces.committed();

    assertThat(spans.getFinishedSpanItems()).hasSize(1);
    SpanData span = spans.getFinishedSpanItems().get(0);
    assertThat(span.getName()).isEqualTo("decide CancelExperiment");
    assertThat(span.getParentSpanId()).isEqualTo("b7ad6b7169203331");
    assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
  }

  @Test
  void whatIsNoPartOfATraceMakesNone() {
    traces.received(read(Optional.empty()), command());
    traces.committed();

    assertThat(spans.getFinishedSpanItems()).isEmpty();
  }

  @Test
  void whatIsNotCommittedEndsAsAnError() {
    traces.received(read(Optional.of(PLACE)), command());
    publish(task("a", "e-1"));

    traces.ended();

    assertThat(spans.getFinishedSpanItems())
        .filteredOn(span -> span.getStatus().getStatusCode() == StatusCode.ERROR)
        .extracting(SpanData::getName)
        .containsExactlyInAnyOrder("decide CancelExperiment", "publish FINETUNE");
  }

  @Test
  void theTasksOfAnExperimentThatAScheduleBeganShareATrace() {
    Headers first = publish(task("a", "e-1"));
    traces.committed();
    Headers second = publish(task("b", "e-1"));
    Headers other = publish(task("c", "e-2"));
    traces.committed();

    String trace = Traceparent.traceId(Traceparent.read(first)).orElseThrow();
    assertThat(Traceparent.traceId(Traceparent.read(second))).contains(trace);
    assertThat(Traceparent.traceId(Traceparent.read(other)).orElseThrow()).isNotEqualTo(trace);
    assertThat(spans.getFinishedSpanItems())
        .filteredOn(span -> span.getName().equals("experiment"))
        .hasSize(2)
        .allMatch(span -> span.getAttributes().get(TraceKeys.EXPERIMENT) != null);
  }

  @Test
  void aTransactionThatIsWrittenAgainPublishesOnce() {
    Headers refused = publish(task("a", "e-1"));
    Headers written = publish(task("a", "e-1"));
    traces.committed();

    assertThat(Traceparent.text(Traceparent.read(written)))
        .isEqualTo(Traceparent.text(Traceparent.read(refused)));
    assertThat(spans.getFinishedSpanItems())
        .filteredOn(span -> span.getName().equals("publish FINETUNE"))
        .hasSize(1);
  }

  @Test
  void offTheySayNothing() {
    LeaderTraces off = new LeaderTraces(Traces.off());
    Headers headers = new RecordHeaders();

    off.received(read(Optional.of(PLACE)), command());
    off.publishes(task("a", "e-1"), "cpu", state, headers);
    off.committed();

    assertThat(headers.toArray()).isEmpty();
  }
}
