package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.access.AccessSettings;
import dev.fewstep.orchestrator.experiment.ExperimentProgress;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.orchestrator.ops.ExperimentNumbers;
import dev.fewstep.orchestrator.ops.OrchestratorMetrics;
import dev.fewstep.orchestrator.view.ExperimentSummary;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.state.ExperimentRecord;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What operators' tools ask: alive, ready, meters. */
final class OperationRoutes {
  private final Replies replies;
  private final StateView state;
  private final OrchestratorMetrics metrics;
  private final Readiness readiness;
  private final KnownResults known;
  private final AccessSettings access;

  OperationRoutes(
      Replies replies,
      StateView state,
      OrchestratorMetrics metrics,
      Readiness readiness,
      KnownResults known,
      AccessSettings access) {
    this.replies = requireNonNull(replies, "replies");
    this.state = requireNonNull(state, "state");
    this.metrics = requireNonNull(metrics, "metrics");
    this.readiness = requireNonNull(readiness, "readiness");
    this.known = requireNonNull(known, "known");
    this.access = requireNonNull(access, "access");
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

  private List<ExperimentNumbers> newest(OrchestratorState fold) {
    List<ExperimentNumbers> all = new ArrayList<>();
    for (ExperimentRecord one : fold.experiments(Optional.empty(), ExperimentNumbers.KEPT)) {
      all.add(
          new ExperimentNumbers(
              one.id(),
              one.submittedAt(),
              fold.progress(one.id()).map(ExperimentProgress::tasks).orElse(Map.of()),
              known
                  .summary(fold, one)
                  .flatMap(ExperimentSummary::best)
                  .map(OperationRoutes::best)));
    }
    return all;
  }

  private static ExperimentNumbers.Best best(ExperimentSummary.Best best) {
    return new ExperimentNumbers.Best(best.space(), best.trial(), best.score(), best.ratio());
  }

  private void scrape(RoutingContext context) {
    if (!access.showsMetrics(Optional.ofNullable(context.request().getHeader("Authorization")))) {
      context.response().putHeader("WWW-Authenticate", "Bearer realm=\"fewstep\"");
      context.fail(ApiException.of(401, "The meters need a token of their own (Authorization)."));
      return;
    }
    replies
        .blocking(
            () ->
                metrics.scrape(
                    state.numbers(),
                    state.read(this::newest),
                    state.read(fold -> fold.benchmarks().newest())))
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
