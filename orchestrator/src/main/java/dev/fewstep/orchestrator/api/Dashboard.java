package dev.fewstep.orchestrator.api;

import dev.fewstep.schemas.Digests;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.StaticHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The dashboard's static files, from {@code /webroot} on the class path. */
final class Dashboard {
  private static final String ROOT = "webroot";
  private static final Pattern INLINE_SCRIPT =
      Pattern.compile("<script(?![^>]*\\ssrc=)[^>]*>(.*?)</script>", Pattern.DOTALL);

  private final String policy;

  Dashboard() {
    this.policy =
        "default-src 'self'; script-src 'self'"
            + inlineHashes()
            + "; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'none';"
            + " frame-ancestors 'none'";
  }

  /** Serves the files below {@code /}. */
  void mount(Router router) {
    StaticHandler files =
        StaticHandler.create(ROOT)
            .setIncludeHidden(false)
            .setCachingEnabled(true)
            .setMaxAgeSeconds(0)
            .setDefaultContentEncoding("UTF-8");
    router
        .get()
        .handler(
            context -> {
              protect(context);
              files.handle(context);
            });
  }

  private void protect(RoutingContext context) {
    context
        .response()
        .putHeader("Content-Security-Policy", policy)
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("Referrer-Policy", "no-referrer");
    if (context.normalizedPath().endsWith(".mjs")) {
      context.addHeadersEndHandler(
          ignored -> context.response().putHeader("Content-Type", "text/javascript;charset=UTF-8"));
    }
  }

  /** The page's import map stands in the page; its digest lets just that script in. */
  private static String inlineHashes() {
    try (InputStream in =
        Dashboard.class.getClassLoader().getResourceAsStream(ROOT + "/index.html")) {
      if (in == null) {
        return "";
      }
      String page = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      StringBuilder hashes = new StringBuilder();
      Matcher script = INLINE_SCRIPT.matcher(page);
      while (script.find()) {
        byte[] digest = Digests.sha256().digest(script.group(1).getBytes(StandardCharsets.UTF_8));
        hashes.append(" 'sha256-").append(Base64.getEncoder().encodeToString(digest)).append('\'');
      }
      return hashes.toString();
    } catch (IOException e) {
      throw new UncheckedIOException("the dashboard is part of the program", e);
    }
  }
}
