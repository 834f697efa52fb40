package dev.fewstep.orchestrator.api;

import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * How a browser carries its session: out of reach of scripts and of other sites' pages. It names no
 * path, so that the browser takes the folder of the address that set it, which is that of the API
 * behind any prefix that a proxy serves it under.
 */
final class SessionCookie {
  /** Header in which the page proves that it is one of this server's. */
  static final String PROOF = "Fewstep-Csrf";

  private static final String NAME = "fewstep-session";

  private SessionCookie() {}

  /** What the browser shows. */
  static Optional<String> read(RoutingContext context) {
    return Optional.ofNullable(context.request().getCookie(NAME)).map(Cookie::getValue);
  }

  /** Gives the browser what to show. */
  static void set(RoutingContext context, String session, Duration age) {
    put(context, session, age.toSeconds());
  }

  /** Takes it away. */
  static void remove(RoutingContext context) {
    put(context, "", 0);
  }

  private static void put(RoutingContext context, String value, long seconds) {
    context
        .response()
        .addCookie(
            Cookie.cookie(NAME, value)
                .setHttpOnly(true)
                .setSameSite(CookieSameSite.STRICT)
                .setSecure(encrypted(context.request()))
                .setMaxAge(seconds));
  }

  /** Whether the browser speaks TLS, with this server or with a proxy before it. */
  private static boolean encrypted(HttpServerRequest request) {
    return request.isSSL()
        || "https".equalsIgnoreCase(request.getHeader("X-Forwarded-Proto"))
        || Optional.ofNullable(request.getHeader("Origin"))
            .map(origin -> origin.toLowerCase(Locale.ROOT).startsWith("https:"))
            .orElse(false);
  }
}
