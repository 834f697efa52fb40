package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.cli.TraceCollector.Seen;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A submission that is followed through two processes, Kafka and the store, to a real collector.
 */
class TracesRunTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String ADMIN = "an-operators-own-token-of-the-test-0123456789";
  private static final String CALLER = "b7ad6b7169203331";

  /** A grid of one trial, of which everything is run. */
  static final String SPEC =
      """
      apiVersion: fewstep/v1
      kind: Experiment
      metadata: {name: traced}
      spec:
        base:
          data: {train: images}
          model: {weights: base}
          sampling: {steps: 2}
          loss: {extractor: a, mmdBatch: 16, microBatch: 8}
          training: {iterations: 2, warmup: 0}
        seeds: [0]
        evaluation: {reference: images, extractors: [b], samples: 128, batch: 64}
      """;

  @TempDir Path folder;

  @Test
  void followsASubmissionToTheStore() throws Exception {
    try (TraceCollector collector = new TraceCollector()) {
      try (UpProcess up =
          new UpProcess(folder, Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint()))) {
        up.start();
        up.importInputs();
        ApiClient caller =
            new ApiClient(up.address(), "", Optional.empty(), "00-" + TRACE + "-" + CALLER + "-01");
        String id =
            caller
                .post("/api/v1/experiments", "application/yaml", SPEC, UUID.randomUUID())
                .path("id")
                .asText();
        up.awaitSuccess(id);
        assertThat(caller.get("/api/v1/experiments/" + id).path("traceId").asText())
            .isEqualTo(TRACE);
      }
      List<Seen> spans = collector.spans().stream().filter(s -> s.trace().equals(TRACE)).toList();

      Seen request = only(spans, "POST submitExperiment");
      assertThat(request.parent()).isEqualTo(CALLER);
      assertThat(request.kind()).isEqualTo(SpanKind.SPAN_KIND_SERVER);
      assertThat(request.attributes()).containsEntry("http.response.status_code", "201");
      Seen sent = only(spans, "send SubmitExperiment");
      assertThat(sent.parent()).isEqualTo(request.id());
      assertThat(only(spans, "decide SubmitExperiment").parent()).isEqualTo(sent.id());

      Seen published = only(spans, "publish FINETUNE");
      assertThat(published.parent()).isEqualTo(request.id());
      assertThat(published.kind()).isEqualTo(SpanKind.SPAN_KIND_PRODUCER);
      Seen run = only(spans, "run FINETUNE");
      assertThat(run.parent()).isEqualTo(published.id());
      assertThat(run.service()).isEqualTo("fewstep-worker");
      assertThat(published.service()).isEqualTo("fewstep-orchestrator");
      assertThat(run.attributes())
          .containsEntry("fewstep.outcome", "succeeded")
          .containsEntry("fewstep.attempt", "1")
          .containsEntry("fewstep.task", published.attributes().get("fewstep.task"));
      for (String part : List.of("fetch inputs", "compute", "store outputs")) {
        Seen of = child(spans, run, part);
        assertThat(of.failed()).isFalse();
      }
      assertThat(spans)
          .as("the weights on their way into the store")
          .anyMatch(
              s ->
                  s.name().equals("S3 PUT")
                      && s.parent().equals(child(spans, run, "store outputs").id())
                      && s.attributes().get("http.response.status_code").equals("200"));
      child(spans, run, "decide Started");
      child(spans, run, "decide Succeeded");
      assertThat(spans).anyMatch(s -> s.name().equals("run EVALUATE"));
      assertThat(spans).anyMatch(s -> s.name().equals("run REFERENCE"));

      Set<String> known = new HashSet<>(Set.of(CALLER));
      spans.forEach(span -> known.add(span.id()));
      assertThat(spans).as("nobody is an orphan").allMatch(span -> known.contains(span.parent()));
      assertThat(spans).noneMatch(Seen::failed);
      assertThat(collector.spans())
          .as("what nobody asked for in a trace, such as heartbeats and metrics, is in none")
          .noneMatch(span -> span.name().contains("Heartbeat") || span.name().contains("Presence"));
    }
  }

  private static Seen only(List<Seen> spans, String name) {
    List<Seen> found = spans.stream().filter(span -> span.name().equals(name)).toList();
    assertThat(found).as("%s in %s", name, spans.stream().map(Seen::name).toList()).hasSize(1);
    return found.get(0);
  }

  private static Seen child(List<Seen> spans, Seen parent, String name) {
    List<Seen> found =
        spans.stream()
            .filter(span -> span.name().equals(name) && span.parent().equals(parent.id()))
            .toList();
    assertThat(found).as("%s of %s", name, parent.name()).hasSize(1);
    return found.get(0);
  }

  @Test
  void refusedRequestsAreInNoTrace() throws Exception {
    try (TraceCollector collector = new TraceCollector()) {
      try (UpProcess up =
          new UpProcess(
              folder,
              Map.of(
                  "OTEL_EXPORTER_OTLP_ENDPOINT",
                  collector.endpoint(),
                  "FEWSTEP_ADMIN_TOKEN",
                  ADMIN))) {
        up.start();
        String place = "00-" + TRACE + "-" + CALLER + "-01";
        ApiClient stranger = new ApiClient(up.address(), "a-guess", Optional.empty(), place);
        assertThatThrownBy(() -> stranger.get("/api/v1/experiments"))
            .isInstanceOf(CliException.class);
        new ApiClient(up.address(), ADMIN, Optional.empty(), place).get("/api/v1/experiments");
      }
      assertThat(collector.spans().stream().filter(s -> s.trace().equals(TRACE)))
          .extracting(Seen::name)
          .containsExactly("GET listExperiments");
    }
  }
}
