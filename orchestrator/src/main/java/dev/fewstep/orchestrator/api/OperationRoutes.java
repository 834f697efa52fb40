package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.orchestrator.ops.OrchestratorMetrics;
import dev.fewstep.schemas.Json;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;

/** What operators' tools ask: alive, ready, meters. */
final class OperationRoutes {
  private final Replies replies;
  private final StateView state;
  private final OrchestratorMetrics metrics;
  private final Readiness readiness;

  OperationRoutes(
      Replies replies, StateView state, OrchestratorMetrics metrics, Readiness readiness) {
    this.replies = requireNonNull(replies, "replies");
    this.state = requireNonNull(state, "state");
    this.metrics = requireNonNull(metrics, "metrics");
    this.readiness = requireNonNull(readiness, "readiness");
  }

  void mount(Router router) {
    router
        .get("/healthz")
        .handler(
            context ->
                replies.send(
                    context, 200, Json.messages().createObjectNode().put("status", "alive")));
    router.get("/readyz").handler(this::ready);
    router.get("/metrics").handler(this::scrape);
  }

  private void ready(RoutingContext context) {
    Optional<String> problem = readiness.problem();
    if (problem.isPresent()) {
      context.fail(ApiException.of(503, problem.get()));
    } else {
      replies.send(context, 200, Json.messages().createObjectNode().put("status", "ready"));
    }
  }

  private void scrape(RoutingContext context) {
    replies
        .blocking(
            () -> {
              metrics.nightly(state.read(fold -> fold.benchmarks().newest()));
              return metrics.scrape(state::numbers);
            })
        .onSuccess(
            text -> {
              var unused =
                  context
                      .response()
                      .putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                      .end(text);
            })
        .onFailure(context::fail);
  }
}
