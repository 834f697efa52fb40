package dev.fewstep.orchestrator.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.artifact.StoreUnavailableException;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.SpecException;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import io.vertx.openapi.validation.ValidatorException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns failures into problem documents (RFC 9457). Nothing internal is told. */
final class Problems {
  private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

  private Problems() {}

  /** Failure handler of every route. */
  static void handle(RoutingContext context) {
    HttpServerResponse response = context.response();
    Throwable failure = context.failure();
    if (response.headWritten() || response.closed()) {
      LOG.debug("A response broke off", failure);
      var unused = response.reset();
      return;
    }
    ApiException answer = answer(context, failure);
    response
        .setStatusCode(answer.status())
        .putHeader("Content-Type", "application/problem+json")
        .putHeader("Cache-Control", "no-store");
    if (!context.request().isEnded()) {
      // What is still being sent is not read: the connection is of no use any more.
      response.putHeader("Connection", "close");
    }
    var unused = response.end(Buffer.buffer(Json.toBytes(document(answer))));
  }

  private static ApiException answer(RoutingContext context, Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof HttpException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof ApiException known) {
      return known;
    }
    if (cause instanceof SpecException refused) {
      return ApiException.of(refused);
    }
    if (cause instanceof ValidatorException invalid) {
      return ApiException.of(400, invalid.getMessage());
    }
    if (cause instanceof StoreUnavailableException unavailable) {
      LOG.warn("{}", unavailable.getMessage());
      return ApiException.of(503, unavailable.getMessage());
    }
    if (cause instanceof KafkaException || cause instanceof TimeoutException) {
      LOG.warn("Kafka did not answer a request", cause);
      return ApiException.of(503, "Kafka does not answer; nothing is known of the request.");
    }
    int status = context.statusCode() >= 400 ? context.statusCode() : 500;
    if (status == 404) {
      return ApiException.notFound("There is nothing at " + context.normalizedPath() + ".");
    }
    if (status == 405) {
      return ApiException.of(
          405, context.request().method() + " is not offered at " + context.normalizedPath() + ".");
    }
    if (status == 413) {
      return ApiException.of(413, "The body is too large: at most 1 MiB.");
    }
    if (status < 500) {
      return ApiException.of(status, HttpResponseStatus.valueOf(status).reasonPhrase());
    }
    LOG.error("{} {} failed", context.request().method(), context.normalizedPath(), failure);
    return ApiException.of(
        status, "The request failed by a defect of fewstep or an overload; the log tells more.");
  }

  private static ObjectNode document(ApiException answer) {
    ObjectNode document =
        Json.messages()
            .createObjectNode()
            .put("type", "about:blank")
            .put("title", HttpResponseStatus.valueOf(answer.status()).reasonPhrase())
            .put("status", answer.status())
            .put("detail", answer.getMessage());
    if (!answer.errors().isEmpty()) {
      ArrayNode errors = document.putArray("errors");
      for (ApiException.Item item : answer.errors()) {
        ObjectNode error = errors.addObject().put("path", item.path());
        item.line().ifPresent(line -> error.put("line", line));
        error.put("message", item.message());
        item.expected().ifPresent(expected -> error.put("expected", expected));
        item.nearest().ifPresent(nearest -> error.put("nearest", nearest));
      }
    }
    return document;
  }
}
