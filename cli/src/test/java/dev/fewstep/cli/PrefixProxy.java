package dev.fewstep.cli;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A reverse proxy that serves a server below a path, at an address that stays when the server's
 * changes. It can be cut: then it closes what is open and answers nobody.
 */
final class PrefixProxy implements AutoCloseable {
  static final String PREFIX = "/lab/few-step";

  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client = vertx.createHttpClient(new PoolOptions().setHttp1MaxSize(64));
  private final Set<HttpConnection> open = ConcurrentHashMap.newKeySet();
  private final HttpServer server;
  private volatile boolean cut;
  private volatile URI target;

  /** Hands on to a server. */
  PrefixProxy(String target) throws Exception {
    this.target = URI.create(target);
    this.server =
        vertx
            .createHttpServer()
            .connectionHandler(
                connection -> {
                  if (cut) {
                    connection.close();
                    return;
                  }
                  open.add(connection);
                  connection.closeHandler(ignored -> open.remove(connection));
                })
            .requestHandler(this::handOn)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
  }

  /** Where a browser finds the page. */
  String address() {
    return "http://127.0.0.1:" + server.actualPort() + PREFIX + "/";
  }

  /** Hands on to another server from now on. */
  void target(String next) {
    target = URI.create(next);
  }

  /** Closes everything and answers nobody. */
  void cut() {
    cut = true;
    open.forEach(HttpConnection::close);
  }

  /** Answers again. */
  void restore() {
    cut = false;
  }

  private void handOn(HttpServerRequest asked) {
    if (cut) {
      asked.connection().close();
      return;
    }
    if (!asked.uri().startsWith(PREFIX + "/")) {
      asked.response().setStatusCode(404).end("nothing lies beside the prefix: " + asked.uri());
      return;
    }
    asked.pause();
    client
        .request(
            new RequestOptions()
                .setHost(target.getHost())
                .setPort(target.getPort())
                .setMethod(asked.method())
                .setURI(asked.uri().substring(PREFIX.length())))
        .onSuccess(out -> exchange(asked, out))
        .onFailure(failure -> asked.connection().close());
  }

  private static void exchange(HttpServerRequest asked, HttpClientRequest out) {
    out.headers().setAll(asked.headers());
    asked.response().closeHandler(ignored -> out.reset());
    out.response()
        .onSuccess(answer -> handBack(asked, answer))
        .onFailure(failure -> asked.connection().close());
    asked.pipeTo(out);
  }

  private static void handBack(HttpServerRequest asked, HttpClientResponse answer) {
    asked.response().setStatusCode(answer.statusCode()).headers().setAll(answer.headers());
    asked.response().headers().remove(HttpHeaders.TRANSFER_ENCODING);
    if (!answer.headers().contains(HttpHeaders.CONTENT_LENGTH)) {
      asked.response().setChunked(true);
    }
    answer.pipeTo(asked.response()).onFailure(failure -> asked.connection().close());
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
