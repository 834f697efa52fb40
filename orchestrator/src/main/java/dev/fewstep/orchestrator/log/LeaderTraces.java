package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.InboxMessage;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.telemetry.TraceKeys;
import dev.fewstep.telemetry.Traceparent;
import dev.fewstep.telemetry.Traces;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;

/**
 * The leader's part in traces: a span from the reading of a message that belongs to a trace until
 * what followed from it is committed, and a span for each task that is published, of which the
 * worker hears by the record's header. A task belongs to the trace in which its experiment was
 * submitted; an experiment that a schedule began has a trace that begins here, as long as this
 * leader leads. For the leader's thread.
 */
final class LeaderTraces {
  private static final int MAX_BEGUN = 1_000;

  private final Traces traces;
  private final List<Span> open = new ArrayList<>();
  private final Map<String, Span> published = new HashMap<>();
  private final Map<String, Context> begun =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Context> eldest) {
          return size() > MAX_BEGUN;
        }
      };

  LeaderTraces(Traces traces) {
    this.traces = requireNonNull(traces, "traces");
  }

  /** A message was read and is decided next. */
  void received(ConsumerRecord<byte[], byte[]> record, InboxMessage message) {
    if (!traces.on() || record.headers().lastHeader(Traceparent.HEADER) == null) {
      return;
    }
    SpanBuilder span =
        traces
            .span("decide " + message.getClass().getSimpleName(), SpanKind.CONSUMER)
            .setParent(Traceparent.read(record.headers()))
            .setAttribute(TraceKeys.MESSAGING_SYSTEM, "kafka")
            .setAttribute(TraceKeys.MESSAGING_DESTINATION, record.topic());
    if (message instanceof Command command) {
      span.setAttribute(TraceKeys.COMMAND, command.commandId().toString());
    } else if (message instanceof Report.ExecutionReport report) {
      span.setAttribute(TraceKeys.TASK, report.taskKey())
          .setAttribute(TraceKeys.ATTEMPT, (long) report.attempt())
          .setAttribute(TraceKeys.EXECUTION, report.executionId().toString());
    }
    open.add(span.startSpan());
  }

  /** An attempt is about to be published; a second try of the same transaction is no other. */
  void publishes(
      TaskMessage message, String deviceClass, OrchestratorState state, Headers headers) {
    if (!traces.on()) {
      return;
    }
    Span span =
        published.computeIfAbsent(
            message.taskKey(),
            task ->
                traces
                    .span("publish " + message.kind(), SpanKind.PRODUCER)
                    .setParent(of(message.experimentId(), state))
                    .setAttribute(TraceKeys.MESSAGING_SYSTEM, "kafka")
                    .setAttribute(TraceKeys.MESSAGING_DESTINATION, Topics.tasks(deviceClass))
                    .setAttribute(TraceKeys.EXPERIMENT, message.experimentId())
                    .setAttribute(TraceKeys.TASK, message.taskKey())
                    .setAttribute(TraceKeys.TASK_KIND, message.kind().name())
                    .setAttribute(TraceKeys.ATTEMPT, (long) message.attempt())
                    .startSpan());
    Traceparent.write(Context.root().with(span), headers);
  }

  private Context of(String experiment, OrchestratorState state) {
    Optional<String> submitted =
        state.experiment(experiment).flatMap(ExperimentRecord::traceparent);
    return submitted.isPresent()
        ? Traceparent.parse(submitted.get())
        : begun.computeIfAbsent(experiment, this::begin);
  }

  private Context begin(String experiment) {
    Span root =
        traces
            .span("experiment", SpanKind.INTERNAL)
            .setNoParent()
            .setAttribute(TraceKeys.EXPERIMENT, experiment)
            .startSpan();
    root.end();
    return Context.root().with(root);
  }

  /** What was read and what is published are committed. */
  void committed() {
    end(span -> span);
  }

  /** The leadership ends, and with it what was not committed. */
  void ended() {
    end(span -> span.setStatus(StatusCode.ERROR, "the leadership ended before the commit"));
  }

  private void end(UnaryOperator<Span> last) {
    open.forEach(span -> last.apply(span).end());
    open.clear();
    published.values().forEach(span -> last.apply(span).end());
    published.clear();
  }
}
