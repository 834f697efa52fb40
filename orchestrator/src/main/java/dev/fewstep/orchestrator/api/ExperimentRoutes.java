package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.access.Caller;
import dev.fewstep.orchestrator.experiment.PlanPreview;
import dev.fewstep.orchestrator.experiment.Previews;
import dev.fewstep.orchestrator.view.ExperimentQuery;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.telemetry.Traceparent;
import io.vertx.core.Future;
import io.vertx.ext.web.RoutingContext;
import java.time.Clock;
import java.util.Optional;
import java.util.UUID;

/** Experiments: submit, plan, and their results. */
final class ExperimentRoutes {
  private final Replies replies;
  private final Commands commands;
  private final ArchiveRoutes archives;
  private final Clock clock;
  private final ExperimentViews views;
  private final ExperimentListing listing;

  ExperimentRoutes(
      Replies replies, Commands commands, ArchiveRoutes archives, Clock clock, KnownResults known) {
    this.replies = requireNonNull(replies, "replies");
    this.commands = requireNonNull(commands, "commands");
    this.archives = requireNonNull(archives, "archives");
    this.clock = requireNonNull(clock, "clock");
    this.views = new ExperimentViews(known);
    this.listing = new ExperimentListing(known);
  }

  void mount(Operations operations) {
    operations.on("listExperiments", this::list);
    operations.on("submitExperiment", this::submit);
    operations.on("planExperiment", this::plan);
    operations.on("getExperiment", this::one);
    operations.on("listTrials", this::trials);
    operations.on("getLeaderboard", this::leaderboard);
    operations.on("listBaseEvaluations", this::base);
  }

  private static String id(RoutingContext context) {
    return context.pathParam("experimentId");
  }

  private void list(RoutingContext context) {
    Optional<String> after = Replies.query(context, "after");
    int limit = Replies.limit(context);
    ExperimentQuery query = ExperimentListing.query(context);
    Caller caller = AccessGate.caller(context);
    replies.read(
        context,
        state -> listing.page(new ExperimentListing.Asked(caller, state), query, after, limit));
  }

  private void one(RoutingContext context) {
    archives.read(
        context, id(context), (state, archived) -> views.one(state, id(context), archived));
  }

  private void trials(RoutingContext context) {
    Optional<String> after = Replies.query(context, "after");
    int limit = Replies.limit(context);
    archives.read(context, id(context), state -> views.trials(state, id(context), after, limit));
  }

  private void leaderboard(RoutingContext context) {
    Optional<String> space = Replies.query(context, "space");
    int limit = Replies.limit(context);
    archives.read(
        context, id(context), state -> views.leaderboard(state, id(context), space, limit));
  }

  private void base(RoutingContext context) {
    archives.read(context, id(context), state -> views.base(state, id(context)));
  }

  /** A specification of a project of the caller's. */
  private Future<ExperimentSpec> specification(RoutingContext context) {
    return Bodies.specification(replies, context)
        .map(
            spec -> {
              AccessGate.require(context, spec.metadata().project());
              return spec;
            });
  }

  private void submit(RoutingContext context) {
    UUID commandId = Commands.id(context);
    String user = Commands.user(context);
    specification(context)
        .onSuccess(
            spec ->
                commands.send(
                    context,
                    new Command.SubmitExperiment(commandId, clock.instant(), user, spec)
                        .within(Traceparent.text(TracedRequests.of(context))),
                    201,
                    outcome -> {
                      Commands.located(context, outcome);
                      return Json.messages()
                          .createObjectNode()
                          .put("id", outcome.subject())
                          .put("trials", outcome.trials());
                    }))
        .onFailure(context::fail);
  }

  private void plan(RoutingContext context) {
    if (!context.normalizedPath().endsWith("/experiments:plan")) {
      context.fail(404);
      return;
    }
    specification(context)
        .onSuccess(
            spec ->
                replies.read(
                    context,
                    state -> {
                      PlanPreview preview = Previews.plan(spec, state);
                      if (!preview.problems().isEmpty()) {
                        throw ApiException.refused(
                            "The experiment would be rejected.", preview.problems());
                      }
                      return ExperimentViews.preview(preview);
                    }))
        .onFailure(context::fail);
  }
}
