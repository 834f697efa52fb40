package dev.fewstep.orchestrator.api;

import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.StaticHandler;

/** Serves the dashboard's static files from the class path, under the policy that they ask for. */
final class Dashboard {
  private final String policy = dev.fewstep.dashboard.Dashboard.contentSecurityPolicy();

  /** Serves the files below {@code /}; a browser asks every time whether they have changed. */
  void mount(Router router) {
    StaticHandler files =
        StaticHandler.create(dev.fewstep.dashboard.Dashboard.WEBROOT)
            .setIncludeHidden(false)
            .setCachingEnabled(false)
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
        .putHeader("Referrer-Policy", "no-referrer")
        .putHeader("Cache-Control", "no-cache");
    if (context.normalizedPath().endsWith(".mjs")) {
      context.addHeadersEndHandler(
          ignored -> context.response().putHeader("Content-Type", "text/javascript;charset=UTF-8"));
    }
  }
}
