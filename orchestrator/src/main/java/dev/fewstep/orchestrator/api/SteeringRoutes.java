package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.OutcomeRecord;
import io.vertx.ext.web.RoutingContext;
import java.time.Clock;

/** What is asked of experiments that run: pause, resume, cancel, retry, another policy. */
final class SteeringRoutes {
  private final Commands commands;
  private final Clock clock;

  SteeringRoutes(Commands commands, Clock clock) {
    this.commands = requireNonNull(commands, "commands");
    this.clock = requireNonNull(clock, "clock");
  }

  void mount(Operations operations) {
    operations.on("cancelExperiment", this::cancel);
    operations.on("pauseExperiment", this::pause);
    operations.on("resumeExperiment", this::resume);
    operations.on("retryExperiment", this::retry);
    operations.on("setExperimentPolicy", this::set);
  }

  private static String id(RoutingContext context) {
    return context.pathParam("experimentId");
  }

  private static ObjectNode named(OutcomeRecord outcome) {
    return Json.messages().createObjectNode().put("id", outcome.subject());
  }

  private void cancel(RoutingContext context) {
    commands.send(
        context,
        new Command.CancelExperiment(Commands.id(context), clock.instant(), id(context)),
        200,
        SteeringRoutes::named);
  }

  private void pause(RoutingContext context) {
    ObjectNode body = Bodies.object(context, "handBack");
    commands.send(
        context,
        new Command.PauseExperiment(
            Commands.id(context), clock.instant(), id(context), Bodies.truth(body, "handBack")),
        200,
        outcome -> named(outcome).put("handedBack", outcome.tasks()));
  }

  private void resume(RoutingContext context) {
    Bodies.object(context);
    commands.send(
        context,
        new Command.ResumeExperiment(Commands.id(context), clock.instant(), id(context)),
        200,
        SteeringRoutes::named);
  }

  private void retry(RoutingContext context) {
    Bodies.object(context);
    commands.send(
        context,
        new Command.RetryFailed(Commands.id(context), clock.instant(), id(context)),
        200,
        outcome -> named(outcome).put("tasks", outcome.tasks()));
  }

  private void set(RoutingContext context) {
    ObjectNode body = Bodies.object(context, "priority", "maxParallel");
    Command change =
        new Command.ChangePolicy(
            Commands.id(context),
            clock.instant(),
            id(context),
            Bodies.integer(body, "priority"),
            Bodies.integer(body, "maxParallel"));
    commands.send(context, change, 200, SteeringRoutes::named);
  }
}
