package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.telemetry.TraceKeys;
import dev.fewstep.telemetry.Traceparent;
import dev.fewstep.telemetry.Traces;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Puts commands into the inbox and waits for their outcomes in this replica's own fold, so that
 * whoever got the answer also sees its effect here.
 */
public final class CommandGateway implements AutoCloseable {
  private final StateView view;
  private final Duration patience;
  private final Traces traces;
  private final Producer<byte[], byte[]> producer;
  private final StateView.Subscription subscription;
  private final Map<UUID, CompletableFuture<Optional<OutcomeRecord>>> waiting =
      new ConcurrentHashMap<>();

  /**
   * A gateway.
   *
   * @param patience how long an outcome is waited for
   * @param traces what the span of each command is begun with
   */
  public CommandGateway(KafkaSettings settings, StateView view, Duration patience, Traces traces) {
    this.traces = requireNonNull(traces, "traces");
    this.view = requireNonNull(view, "view");
    this.patience = requireNonNull(patience, "patience");
    Map<String, Object> config =
        settings.client("fewstep-commands-" + ProcessHandle.current().pid());
    config.put("acks", "all");
    config.put("enable.idempotence", true);
    config.put("linger.ms", 0);
    config.put("max.block.ms", 10_000);
    config.put("request.timeout.ms", 10_000);
    config.put("delivery.timeout.ms", 20_000);
    config.put("max.request.size", TopicSetup.MAX_RECORD_BYTES);
    this.producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    this.subscription = view.subscribe(this::look);
  }

  /**
   * Sends a command, unless its outcome is known already. May block for seconds while the cluster
   * does not answer.
   *
   * @return the outcome; empty when it did not come in time, in which case the command may still be
   *     carried out; exceptional when the command could not be written
   */
  public CompletableFuture<Optional<OutcomeRecord>> send(Command command) {
    return send(command, Context.root());
  }

  /** The same as part of a trace. */
  public CompletableFuture<Optional<OutcomeRecord>> send(Command command, Context trace) {
    UUID id = command.commandId();
    CompletableFuture<Optional<OutcomeRecord>> outcome =
        waiting.computeIfAbsent(id, key -> new CompletableFuture<>());
    Optional<OutcomeRecord> known = view.read(state -> state.outcome(id));
    if (known.isPresent()) {
      waiting.remove(id);
      outcome.complete(known);
      return outcome;
    }
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            Topics.INBOX, 0, id.toString().getBytes(StandardCharsets.UTF_8), bytes(command));
    Span span = span(command, trace);
    Traceparent.write(trace.with(span), record.headers());
    var unused =
        producer.send(
            record,
            (metadata, failure) -> {
              if (failure != null) {
                span.setStatus(StatusCode.ERROR, failure.getClass().getName());
                outcome.completeExceptionally(failure);
              }
              span.end();
            });
    return outcome
        .copy()
        .completeOnTimeout(Optional.empty(), patience.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete((found, failure) -> waiting.remove(id, outcome));
  }

  /** From here into the inbox; outside a trace there is none. */
  private Span span(Command command, Context trace) {
    if (!Span.fromContext(trace).getSpanContext().isValid()) {
      return Span.getInvalid();
    }
    return traces
        .span("send " + command.getClass().getSimpleName(), SpanKind.PRODUCER)
        .setParent(trace)
        .setAttribute(TraceKeys.MESSAGING_SYSTEM, "kafka")
        .setAttribute(TraceKeys.MESSAGING_DESTINATION, Topics.INBOX)
        .setAttribute(TraceKeys.COMMAND, command.commandId().toString())
        .startSpan();
  }

  private static byte[] bytes(Command command) {
    return Json.toBytes(command);
  }

  private void look(List<StateView.Change> changes) {
    if (waiting.isEmpty()) {
      return;
    }
    for (StateView.Change change : changes) {
      if (change.entry().value().isPresent()
          && change.entry().value().get() instanceof OutcomeRecord outcome) {
        CompletableFuture<Optional<OutcomeRecord>> waiter = waiting.remove(outcome.commandId());
        if (waiter != null) {
          waiter.complete(Optional.of(outcome));
        }
      }
    }
  }

  @Override
  public void close() {
    subscription.close();
    producer.close(Duration.ofSeconds(2));
  }
}
