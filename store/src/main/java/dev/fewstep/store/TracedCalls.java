package dev.fewstep.store;

import static java.util.Objects.requireNonNull;

import dev.fewstep.telemetry.TraceKeys;
import dev.fewstep.telemetry.Traceparent;
import dev.fewstep.telemetry.Traces;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;

/**
 * A span for each call that is part of a trace, its repetitions included, until the head of the
 * answer is there. The store hears of the trace by a header, which is not part of what is signed.
 */
final class TracedCalls implements Interceptor {
  private final Traces traces;

  TracedCalls(Traces traces) {
    this.traces = requireNonNull(traces, "traces");
  }

  @Override
  public Response intercept(Chain chain) throws IOException {
    Request request = chain.request();
    if (!traces.on() || !Span.current().getSpanContext().isValid()) {
      return chain.proceed(request);
    }
    HttpUrl url = request.url();
    Span span =
        traces
            .span("S3 " + request.method(), SpanKind.CLIENT)
            .setAttribute(TraceKeys.HTTP_METHOD, request.method())
            .setAttribute(TraceKeys.SERVER_ADDRESS, url.host())
            .setAttribute(TraceKeys.SERVER_PORT, (long) url.port())
            .setAttribute(TraceKeys.URL_PATH, url.encodedPath())
            .startSpan();
    try (Scope scope = span.makeCurrent()) {
      requireNonNull(scope, "scope");
      Request.Builder told = request.newBuilder();
      Traceparent.headers(Context.current()).forEach(told::header);
      Response response = chain.proceed(told.build());
      span.setAttribute(TraceKeys.HTTP_STATUS, (long) response.code());
      // Whether an object is there is asked often, and no is an answer.
      if (response.code() >= 400 && response.code() != 404) {
        span.setStatus(StatusCode.ERROR);
      }
      return response;
    } catch (IOException e) {
      span.setAttribute(TraceKeys.ERROR_TYPE, e.getClass().getName()).setStatus(StatusCode.ERROR);
      throw e;
    } finally {
      span.end();
    }
  }
}
