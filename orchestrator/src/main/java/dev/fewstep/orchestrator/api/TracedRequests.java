package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import dev.fewstep.telemetry.TraceKeys;
import dev.fewstep.telemetry.Traceparent;
import dev.fewstep.telemetry.Traces;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;

/**
 * A span for each request to the API that was let in, in the trace that the client names. It comes
 * behind the access gate, so that nobody unknown makes a server record traces.
 */
final class TracedRequests implements Handler<RoutingContext> {
  private static final String KEY = TracedRequests.class.getName();

  private final Traces traces;

  TracedRequests(Traces traces) {
    this.traces = requireNonNull(traces, "traces");
  }

  /** The place of a request in its trace; the root when it has none. */
  static Context of(RoutingContext context) {
    return context.get(KEY, Context.root());
  }

  @Override
  public void handle(RoutingContext context) {
    if (traces.on()) {
      begin(context);
    }
    context.next();
  }

  private void begin(RoutingContext context) {
    String method = context.request().method().name();
    Context parent = Traceparent.read(context.request()::getHeader);
    Span span =
        traces
            .span(method, SpanKind.SERVER)
            .setParent(parent)
            .setAttribute(TraceKeys.HTTP_METHOD, method)
            .setAttribute(TraceKeys.URL_PATH, context.normalizedPath())
            .startSpan();
    context.put(KEY, parent.with(span));
    context.addEndHandler(ended -> end(context, span, method));
  }

  private static void end(RoutingContext context, Span span, String method) {
    int status = context.response().getStatusCode();
    span.updateName(method + " " + context.get(Operations.OPERATION, "other"));
    span.setAttribute(TraceKeys.HTTP_STATUS, (long) status);
    if (status >= 500) {
      span.setStatus(StatusCode.ERROR);
    }
    span.end();
  }
}
