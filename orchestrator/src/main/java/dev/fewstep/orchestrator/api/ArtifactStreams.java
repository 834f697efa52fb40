package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.store.S3Bucket.Content;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/**
 * Streams objects of the store to clients, each on a worker thread that waits for the client. What
 * a browser may show in place is told by the file's name; everything else is a download.
 */
final class ArtifactStreams implements AutoCloseable {
  private static final int THREADS = 8;
  private static final Map<String, String> SHOWN =
      Map.of(
          "png", "image/png",
          "json", "application/json",
          "txt", "text/plain; charset=utf-8");

  private final ObjectStore store;
  private final WorkerExecutor executor;

  ArtifactStreams(Vertx vertx, ObjectStore store) {
    this.store = requireNonNull(store, "store");
    this.executor = vertx.createSharedWorkerExecutor("fewstep-streams", THREADS, 1, TimeUnit.HOURS);
  }

  /** Answers with an object; 404 when there is none, 304 when the client has it. */
  void send(RoutingContext context, String sha256, String name) {
    String tag = '"' + sha256 + '"';
    HttpServerResponse response = context.response();
    if (tag.equals(context.request().getHeader("If-None-Match"))) {
      var unused = response.setStatusCode(304).putHeader("ETag", tag).end();
      return;
    }
    executor
        .executeBlocking(() -> stream(response, sha256, tag, name), false)
        .onFailure(context::fail);
  }

  /** Writes the body of a download. */
  interface Writing {
    /** Writes all of it; the stream is closed afterwards. */
    void to(OutputStream out) throws IOException;
  }

  /** Answers with a download that is made while it is sent. */
  void send(RoutingContext context, String type, String name, Callable<Writing> writing) {
    HttpServerResponse response = context.response();
    executor
        .executeBlocking(
            () -> {
              Writing body = writing.call();
              response
                  .setChunked(true)
                  .putHeader("Content-Type", type)
                  .putHeader(
                      "Content-Disposition",
                      "attachment; filename=\"" + name.replaceAll("[^A-Za-z0-9._-]", "_") + '"')
                  .putHeader("X-Content-Type-Options", "nosniff")
                  .putHeader("Cache-Control", "no-store");
              ResponseStream out = new ResponseStream(response);
              body.to(out);
              out.close();
              return null;
            },
            false)
        .onFailure(context::fail);
  }

  private Void stream(HttpServerResponse response, String sha256, String tag, String name)
      throws Exception {
    Optional<Content> found = store.open(sha256);
    if (found.isEmpty()) {
      throw ApiException.notFound("The store has no object with the digest " + sha256 + ".");
    }
    try (Content content = found.get()) {
      head(response, content, tag, name);
      ResponseStream out = new ResponseStream(response);
      content.stream().transferTo(out);
      out.close();
      return null;
    }
  }

  private static void head(HttpServerResponse response, Content content, String tag, String name) {
    String file = name.replaceAll("[^A-Za-z0-9._-]", "_");
    String ending = file.substring(file.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    String type = SHOWN.get(ending);
    response
        .putHeader("Content-Type", type == null ? "application/octet-stream" : type)
        .putHeader(
            "Content-Disposition",
            (type == null ? "attachment" : "inline") + "; filename=\"" + file + '"')
        .putHeader("Content-Security-Policy", "default-src 'none'; sandbox")
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("Cache-Control", "private, max-age=31536000, immutable")
        .putHeader("ETag", tag);
    if (content.bytes() >= 0) {
      response.putHeader("Content-Length", Long.toString(content.bytes()));
    } else {
      response.setChunked(true);
    }
  }

  @Override
  public void close() {
    var unused = executor.close();
  }
}
