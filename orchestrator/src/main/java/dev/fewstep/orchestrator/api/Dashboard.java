package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Serves the dashboard's static files from the class path, under the policy that they ask for: each
 * is read and compressed once, when it is first asked for.
 */
final class Dashboard {
  private final Vertx vertx;
  private final String policy = dev.fewstep.dashboard.Dashboard.contentSecurityPolicy();
  private final Map<String, PageFile> files = new ConcurrentHashMap<>();

  Dashboard(Vertx vertx) {
    this.vertx = requireNonNull(vertx, "vertx");
  }

  /**
   * Serves the files below {@code /}. A browser asks every time whether they have changed, but for
   * libraries that have their version in their names.
   */
  void mount(Router router) {
    router.get().handler(this::serve);
  }

  private void serve(RoutingContext context) {
    String path = context.normalizedPath();
    String name = path.substring(1) + (path.endsWith("/") ? "index.html" : "");
    if (!PageFile.named(name)) {
      context.next();
      return;
    }
    file(name)
        .onSuccess(file -> file.ifPresentOrElse(found -> send(context, found), context::next))
        .onFailure(context::fail);
  }

  private Future<Optional<PageFile>> file(String name) {
    PageFile known = files.get(name);
    return known == null
        ? vertx.executeBlocking(() -> read(name), false)
        : Future.succeededFuture(Optional.of(known));
  }

  private Optional<PageFile> read(String name) {
    Optional<PageFile> found =
        dev.fewstep.dashboard.Dashboard.file(name).map(bytes -> PageFile.of(name, bytes));
    found.ifPresent(file -> files.put(name, file));
    return found;
  }

  private void send(RoutingContext context, PageFile file) {
    boolean gzip = file.compressed().isPresent() && Compression.taken(context);
    String tag = file.tag(gzip);
    HttpServerResponse response =
        context
            .response()
            .putHeader("Content-Security-Policy", policy)
            .putHeader("X-Content-Type-Options", "nosniff")
            .putHeader("Referrer-Policy", "no-referrer")
            .putHeader("Cache-Control", file.caching())
            .putHeader("Vary", "Accept-Encoding")
            .putHeader("ETag", tag);
    if (known(context, tag)) {
      var unused = response.setStatusCode(304).end();
      return;
    }
    response.putHeader("Content-Type", file.type());
    if (gzip) {
      response.putHeader("Content-Encoding", "gzip");
    }
    var unused = response.end(gzip ? file.compressed().get() : file.plain());
  }

  /** A proxy that compresses by itself makes tags weak; they are compared as such. */
  private static boolean known(RoutingContext context, String tag) {
    String header = context.request().getHeader("If-None-Match");
    if (header == null) {
      return false;
    }
    for (String one : header.split(",")) {
      String asked = one.strip();
      if (asked.equals("*") || asked.equals(tag) || asked.equals("W/" + tag)) {
        return true;
      }
    }
    return false;
  }
}
