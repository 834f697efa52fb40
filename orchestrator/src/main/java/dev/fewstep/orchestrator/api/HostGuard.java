package dev.fewstep.orchestrator.api;

import io.vertx.core.Handler;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps other web sites out. A server on the loopback interface answers only to loopback names, so
 * that no foreign name can be pointed at it; and what changes something is refused when a page of
 * another origin asks for it.
 */
final class HostGuard implements Handler<RoutingContext> {
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]", "::1");
  private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");

  private final boolean loopbackOnly;

  /** A guard for a server bound to that address. */
  HostGuard(String boundHost) {
    this.loopbackOnly = HttpSettings.isLoopback(boundHost);
  }

  @Override
  public void handle(RoutingContext context) {
    HostAndPort asked = context.request().authority();
    if (asked == null) {
      context.fail(ApiException.of(400, "The request names no host."));
    } else if (loopbackOnly && !LOOPBACK.contains(asked.host().toLowerCase(Locale.ROOT))) {
      context.fail(
          ApiException.of(
              403,
              "This server answers to localhost only, not to '"
                  + asked.host()
                  + "': bind it to another address to serve others."));
    } else if (!READING.contains(context.request().method().name())
        && !sameOrigin(Optional.ofNullable(context.request().getHeader("Origin")), asked)) {
      context.fail(ApiException.of(403, "Pages of another origin may not change anything here."));
    } else {
      context.next();
    }
  }

  private static boolean sameOrigin(Optional<String> origin, HostAndPort asked) {
    if (origin.isEmpty()) {
      return true;
    }
    try {
      URI page = URI.create(origin.get());
      int port = page.getPort() < 0 ? defaultPort(page) : page.getPort();
      int own = asked.port() < 0 ? defaultPort(page) : asked.port();
      return asked.host().equalsIgnoreCase(page.getHost()) && port == own;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static int defaultPort(URI page) {
    return "https".equals(page.getScheme()) ? 443 : 80;
  }
}
