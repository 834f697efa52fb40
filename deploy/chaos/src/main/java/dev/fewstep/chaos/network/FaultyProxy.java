package dev.fewstep.chaos.network;

import static java.util.Objects.requireNonNull;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A TCP proxy on the loopback interface that one process uses to reach one server, and that can
 * behave as a bad network does. A direction that is blocked delivers nothing and loses nothing: the
 * bytes come when it is unblocked, as TCP's retransmissions would, unless the connection is reset.
 */
public final class FaultyProxy implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  private static final Duration SLOWNESS = Duration.ofMillis(150);

  /** How the network behaves. */
  public enum Mode {
    /** As it should. */
    PASS,
    /** Nothing passes, either way. */
    BLOCK_BOTH,
    /** What the process sends does not arrive. */
    BLOCK_REQUESTS,
    /** What the process is answered does not arrive. */
    BLOCK_ANSWERS,
    /** Every piece comes late. */
    SLOW,
    /** Every HTTP request is answered with 503; for the store. */
    HTTP_503
  }

  private final Vertx vertx;
  private final int target;
  private final NetClient client;
  private final NetServer server;
  private final Set<Link> links = ConcurrentHashMap.newKeySet();
  private volatile Mode mode = Mode.PASS;

  private FaultyProxy(Vertx vertx, int target) {
    this.vertx = requireNonNull(vertx, "vertx");
    this.target = target;
    this.client = vertx.createNetClient();
    this.server = vertx.createNetServer();
  }

  /** Listens on a port of the loopback interface and passes on to another. */
  public static FaultyProxy start(Vertx vertx, int port, int target) {
    FaultyProxy proxy = new FaultyProxy(vertx, target);
    proxy.server.connectHandler(proxy::accept).listen(port, HOST).await();
    return proxy;
  }

  /** Behaves so from now on, also on the connections that exist. */
  public void set(Mode value) {
    mode = requireNonNull(value, "value");
    links.forEach(link -> link.context.runOnContext(unused -> link.apply()));
  }

  /** Breaks all connections. */
  public void reset() {
    links.forEach(link -> link.context.runOnContext(unused -> link.close()));
  }

  @Override
  public void close() {
    server.close().await();
    client.close().await();
  }

  private void accept(NetSocket near) {
    near.pause();
    client
        .connect(target, HOST)
        .onSuccess(far -> new Link(near, far).begin())
        .onFailure(unreachable -> near.close());
  }

  /** A connection and its other half. */
  private final class Link {
    private final Context context = vertx.getOrCreateContext();
    private final NetSocket near;
    private final NetSocket far;

    /** Sides of which all has been read that they sent before they closed. */
    private final Set<NetSocket> ended = new HashSet<>();

    /** Sides whose piece is under way: what follows it must not overtake it, as TCP keeps order. */
    private final Set<NetSocket> late = new HashSet<>();

    Link(NetSocket near, NetSocket far) {
      this.near = near;
      this.far = far;
    }

    void begin() {
      links.add(this);
      near.handler(piece -> fromNear(piece));
      far.handler(piece -> pass(piece, far, near));
      near.closeHandler(unused -> gone(near));
      far.closeHandler(unused -> gone(far));
      near.endHandler(unused -> end(near));
      far.endHandler(unused -> end(far));
      near.exceptionHandler(unused -> close());
      far.exceptionHandler(unused -> close());
      apply();
    }

    private void fromNear(Buffer piece) {
      if (mode != Mode.HTTP_503) {
        pass(piece, near, far);
        return;
      }
      near.write(
              Buffer.buffer(
                  "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                      .getBytes(StandardCharsets.US_ASCII)))
          .onComplete(unused -> close());
    }

    private void pass(Buffer piece, NetSocket from, NetSocket to) {
      if (mode == Mode.SLOW) {
        from.pause();
        late.add(from);
        vertx.setTimer(
            SLOWNESS.toMillis(),
            unused -> {
              late.remove(from);
              to.write(piece);
              apply();
              finish();
            });
        return;
      }
      to.write(piece);
      if (to.writeQueueFull()) {
        from.pause();
        to.drainHandler(unused -> apply());
      }
    }

    /** Reads where the mode lets and the other side has room. */
    void apply() {
      read(near, far, blocked(near));
      read(far, near, blocked(far));
    }

    private boolean blocked(NetSocket from) {
      Mode now = mode;
      return now == Mode.BLOCK_BOTH
          || now == (from == near ? Mode.BLOCK_REQUESTS : Mode.BLOCK_ANSWERS);
    }

    /** A side closed. What it had sent before arrives first, as a network's would. */
    private void gone(NetSocket side) {
      if (blocked(side)) {
        close();
      }
    }

    private void end(NetSocket side) {
      ended.add(side);
      finish();
    }

    private void finish() {
      if (!ended.isEmpty() && late.isEmpty()) {
        close();
      }
    }

    private void read(NetSocket from, NetSocket to, boolean blocked) {
      if (blocked || late.contains(from) || to.writeQueueFull()) {
        from.pause();
      } else {
        from.resume();
      }
    }

    void close() {
      if (links.remove(this)) {
        near.close();
        far.close();
      }
    }
  }
}
