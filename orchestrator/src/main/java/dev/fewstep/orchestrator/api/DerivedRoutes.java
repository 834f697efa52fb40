package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.PlanPreview;
import dev.fewstep.orchestrator.experiment.Previews;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.Lineage;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.spec.SpecChanges;
import dev.fewstep.schemas.spec.SpecText;
import dev.fewstep.schemas.state.Problem;
import dev.fewstep.telemetry.Traceparent;
import io.vertx.core.Future;
import io.vertx.ext.web.RoutingContext;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Experiments made of others: extended, replaced, cloned; and the specification that they are made
 * of. With {@code dryRun} nothing is submitted.
 */
final class DerivedRoutes {
  private final Replies replies;
  private final Commands commands;
  private final ArchiveRoutes archives;
  private final Clock clock;

  DerivedRoutes(Replies replies, Commands commands, ArchiveRoutes archives, Clock clock) {
    this.replies = requireNonNull(replies, "replies");
    this.commands = requireNonNull(commands, "commands");
    this.archives = requireNonNull(archives, "archives");
    this.clock = requireNonNull(clock, "clock");
  }

  void mount(Operations operations) {
    operations.on("getExperimentSpec", this::specification);
    operations.on("extendExperiment", this::extend);
    operations.on("resubmitExperiment", this::resubmit);
    operations.on("cloneExperiment", this::copy);
  }

  private static String id(RoutingContext context) {
    return context.pathParam("experimentId");
  }

  private void specification(RoutingContext context) {
    String accepted = Optional.ofNullable(context.request().getHeader("Accept")).orElse("");
    boolean yaml =
        Replies.query(context, "format").map("yaml"::equals).orElse(accepted.contains("yaml"));
    if (yaml) {
      replies.text(
          context,
          "application/yaml",
          state -> SpecText.yaml(ExperimentViews.require(state, id(context)).spec()));
    } else {
      archives.read(
          context,
          id(context),
          state -> Json.toTree(ExperimentViews.require(state, id(context)).spec()));
    }
  }

  private void extend(RoutingContext context) {
    ObjectNode body = Bodies.object(context, "iterations", "name", "all");
    int more = Bodies.integer(body, "iterations").orElse(0);
    boolean all = body.path("all").asBoolean(false);
    if (more < (all ? 0 : 1)) {
      String message = "iterations must say how many more, 1 or more";
      throw ApiException.refused(
          message + ".",
          List.of(new Problem("iterations", message, Optional.of("1 or more"), Optional.empty())));
    }
    Optional<String> name = Bodies.text(body, "name");
    derive(
        context,
        Lineage.Kind.EXTENDS,
        other -> {
          ExperimentSpec longer =
              all ? SpecChanges.extendedAll(other, more) : SpecChanges.extended(other, more);
          return name.isEmpty()
              ? longer
              : new SpecChanges(name, Map.of(), Map.of(), Map.of()).of(longer);
        });
  }

  private void copy(RoutingContext context) {
    ObjectNode body = Bodies.object(context, "name", "set", "addAxes", "addValues");
    SpecChanges changes =
        new SpecChanges(
            Bodies.text(body, "name"),
            Bodies.values(body, "set"),
            Bodies.lists(body, "addAxes"),
            Bodies.lists(body, "addValues"));
    derive(context, Lineage.Kind.CLONES, changes::of);
  }

  private void resubmit(RoutingContext context) {
    Bodies.specification(replies, context)
        .onSuccess(spec -> derive(context, Lineage.Kind.REPLACES, other -> spec))
        .onFailure(context::fail);
  }

  /** What is to be submitted, and what that would do. */
  private record Derived(ExperimentSpec spec, Lineage lineage, PlanPreview preview) {}

  private void derive(
      RoutingContext context, Lineage.Kind kind, Function<ExperimentSpec, ExperimentSpec> make) {
    boolean dryRun = Replies.query(context, "dryRun").map(Boolean::parseBoolean).orElse(false);
    String user = Commands.user(context);
    var commandId = Commands.id(context);
    Future<Derived> derived =
        replies
            .value(context, state -> derived(state, new Lineage(kind, id(context)), make))
            .map(
                made -> {
                  AccessGate.require(context, made.spec().metadata().project());
                  return made;
                });
    derived
        .onSuccess(
            made -> {
              if (dryRun) {
                ObjectNode view = view(made);
                view.set("spec", Json.toTree(made.spec()));
                replies.send(context, 200, view);
                return;
              }
              commands.send(
                  context,
                  new Command.SubmitExperiment(
                          commandId,
                          clock.instant(),
                          user,
                          made.spec(),
                          Optional.of(made.lineage()))
                      .within(Traceparent.text(TracedRequests.of(context))),
                  201,
                  outcome -> {
                    Commands.located(context, outcome);
                    return view(made).put("id", outcome.subject()).put("trials", outcome.trials());
                  });
            })
        .onFailure(context::fail);
  }

  private static Derived derived(
      OrchestratorState state, Lineage lineage, Function<ExperimentSpec, ExperimentSpec> make) {
    ExperimentSpec spec = make.apply(ExperimentViews.require(state, lineage.experimentId()).spec());
    PlanPreview preview = Previews.plan(spec, Optional.of(lineage), state);
    if (!preview.problems().isEmpty()) {
      throw ApiException.refused("The experiment would be rejected.", preview.problems());
    }
    return new Derived(spec, lineage, preview);
  }

  private static ObjectNode view(Derived made) {
    ObjectNode view = Json.messages().createObjectNode();
    view.put("trials", made.preview().trials());
    view.put(made.lineage().kind().name().toLowerCase(Locale.ROOT), made.lineage().experimentId());
    view.set("plan", ExperimentViews.preview(made.preview()));
    return view;
  }
}
