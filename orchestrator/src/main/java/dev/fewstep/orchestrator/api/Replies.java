package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.access.Caller;
import dev.fewstep.orchestrator.access.Sight;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.schemas.Json;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** Answers with JSON read from the state, on worker threads and no older than asked for. */
final class Replies {
  /** Carries the state offset that an answer is at least as new as. */
  static final String OFFSET = "Fewstep-State-Offset";

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Vertx vertx;
  private final StateView state;

  Replies(Vertx vertx, StateView state) {
    this.vertx = requireNonNull(vertx, "vertx");
    this.state = requireNonNull(state, "state");
  }

  /**
   * A body to be sent.
   *
   * @param gzip whether it is compressed
   */
  private record Answer(long offset, Buffer body, boolean gzip) {
    static Answer of(long offset, byte[] body, boolean taken) {
      boolean gzip = taken && body.length >= Compression.LEAST_BYTES;
      return new Answer(offset, Buffer.buffer(gzip ? Compression.quick(body) : body), gzip);
    }
  }

  /** Answers 200 with a view of the state. */
  void read(RoutingContext context, Function<OrchestratorState, JsonNode> view) {
    boolean taken = Compression.taken(context);
    awaited(context)
        .compose(
            reached ->
                blocking(
                    () -> {
                      long offset = state.offset();
                      return Answer.of(
                          offset, Json.toBytes(state.read(seen(context, view))), taken);
                    }))
        .onSuccess(answer -> send(context, 200, answer))
        .onFailure(context::fail);
  }

  /** Without the names of other projects' experiments that want the same tasks. */
  private static Function<OrchestratorState, JsonNode> seen(
      RoutingContext context, Function<OrchestratorState, JsonNode> view) {
    Caller caller = context.get(AccessGate.CALLER);
    return caller == null || caller.seesAll()
        ? view
        : fold -> {
          JsonNode body = view.apply(fold);
          Sight sight = new Sight(caller, fold);
          body.findValues("experiments").stream()
              .filter(ArrayNode.class::isInstance)
              .map(ArrayNode.class::cast)
              .forEach(
                  names -> {
                    for (int i = names.size() - 1; i >= 0; i--) {
                      if (names.get(i).isTextual() && !sight.experiment(names.get(i).asText())) {
                        names.remove(i);
                      }
                    }
                  });
          return body;
        };
  }

  /** Answers 200 with a text made of the state. */
  void text(RoutingContext context, String type, Function<OrchestratorState, String> view) {
    value(context, view)
        .onSuccess(
            text -> {
              var unused =
                  context
                      .response()
                      .putHeader("Content-Type", type)
                      .putHeader("Cache-Control", "no-store")
                      .putHeader(OFFSET, Long.toString(state.offset()))
                      .end(text);
            })
        .onFailure(context::fail);
  }

  /** Something of the state, no older than asked for. */
  <T> Future<T> value(RoutingContext context, Function<OrchestratorState, T> question) {
    return awaited(context).compose(reached -> blocking(() -> state.read(question)));
  }

  /** Lets every answer carry an offset, refusals and streams too, which was seen before it. */
  void stamp(RoutingContext context) {
    context.addHeadersEndHandler(
        ending -> {
          if (!context.response().headers().contains(OFFSET)) {
            context.response().putHeader(OFFSET, Long.toString(state.offset()));
          }
        });
    context.next();
  }

  /** Answers with a JSON body. */
  void send(RoutingContext context, int status, JsonNode body) {
    long offset = state.offset();
    byte[] bytes = Json.toBytes(body);
    if (bytes.length < Compression.LEAST_BYTES || !Compression.taken(context)) {
      send(context, status, Answer.of(offset, bytes, false));
    } else {
      blocking(() -> Answer.of(offset, bytes, true))
          .onSuccess(answer -> send(context, status, answer))
          .onFailure(context::fail);
    }
  }

  private static void send(RoutingContext context, int status, Answer answer) {
    HttpServerResponse response =
        context
            .response()
            .setStatusCode(status)
            .putHeader("Content-Type", "application/json")
            .putHeader("Cache-Control", "no-store")
            .putHeader("Vary", "Accept-Encoding")
            .putHeader(OFFSET, Long.toString(answer.offset()));
    if (answer.gzip()) {
      response.putHeader("Content-Encoding", "gzip");
    }
    var unused = response.end(answer.body());
  }

  /** Answers with a text that never changes. */
  static Handler<RoutingContext> document(String type, String text) {
    Buffer plain = Buffer.buffer(text);
    Buffer small = Buffer.buffer(Compression.small(plain.getBytes()));
    return context -> {
      HttpServerResponse response =
          context.response().putHeader("Content-Type", type).putHeader("Vary", "Accept-Encoding");
      boolean gzip = Compression.taken(context);
      if (gzip) {
        response.putHeader("Content-Encoding", "gzip");
      }
      var unused = response.end(gzip ? small : plain);
    };
  }

  /** Runs what may block on a worker thread. */
  <T> Future<T> blocking(Callable<T> work) {
    return vertx.executeBlocking(work, false);
  }

  /** Completes once the state is as new as {@code atLeast} asks. */
  Future<Long> awaited(RoutingContext context) {
    String atLeast = context.request().getParam("atLeast");
    if (atLeast == null) {
      return Future.succeededFuture(state.offset());
    }
    long wanted = Long.parseLong(atLeast);
    return Future.fromCompletionStage(
            state.await(wanted).copy().orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS),
            context.vertx().getOrCreateContext())
        .recover(
            failure ->
                Future.failedFuture(
                    failure instanceof TimeoutException
                        ? ApiException.of(
                            504, "This replica has not seen state offset " + wanted + " yet.")
                        : failure));
  }

  /** Number of items asked for. */
  static int limit(RoutingContext context) {
    String limit = context.request().getParam("limit");
    return limit == null ? 100 : Integer.parseInt(limit);
  }

  /** A query parameter, empty when it is missing or blank. */
  static Optional<String> query(RoutingContext context, String name) {
    return Optional.ofNullable(context.request().getParam(name)).filter(text -> !text.isBlank());
  }

  /**
   * A page.
   *
   * @param cursor what the next page comes after; asked only when the page is full
   */
  static <T> ObjectNode page(
      List<T> found, int limit, Function<T, JsonNode> item, Function<T, String> cursor) {
    ObjectNode page = Json.messages().createObjectNode();
    ArrayNode items = page.putArray("items");
    found.forEach(one -> items.add(item.apply(one)));
    if (found.size() == limit) {
      page.put("next", cursor.apply(found.get(found.size() - 1)));
    }
    return page;
  }
}
