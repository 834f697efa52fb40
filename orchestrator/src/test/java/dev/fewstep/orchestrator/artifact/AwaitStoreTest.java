package dev.fewstep.orchestrator.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.fewstep.store.S3Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a server that refuses as often as it is told to. */
class AwaitStoreTest {
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger refusals = new AtomicInteger();
  private volatile int status = 503;
  private HttpServer server;
  private ObjectStore store;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          asked.incrementAndGet();
          boolean refuse = refusals.getAndDecrement() > 0;
          exchange.sendResponseHeaders(refuse ? status : 200, -1);
          exchange.close();
        });
    server.start();
    store =
        new ObjectStore(
            new S3Settings(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
                "us-east-1",
                "fewstep",
                "access",
                "secret"));
  }

  @AfterEach
  void stop() {
    store.close();
    server.stop(0);
  }

  @Test
  void waitsWhileTheStoreCannotServe() throws IOException {
    refusals.set(2);
    store.makeBucket(Duration.ofSeconds(30));
    assertThat(asked.get()).isGreaterThanOrEqualTo(3);
  }

  @Test
  void givesUpWhenPatienceEnds() {
    refusals.set(Integer.MAX_VALUE);
    assertThatThrownBy(() -> store.makeBucket(Duration.ZERO))
        .isInstanceOf(StoreUnavailableException.class);
  }

  @Test
  void doesNotWaitForAnotherKey() {
    status = 403;
    refusals.set(Integer.MAX_VALUE);
    assertThatThrownBy(() -> store.makeBucket(Duration.ofHours(1)))
        .isInstanceOf(StoreUnavailableException.class);
  }
}
