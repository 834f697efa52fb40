package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.access.Caller;
import dev.fewstep.orchestrator.access.Sight;
import dev.fewstep.orchestrator.experiment.Explanations;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.ProjectShare;
import dev.fewstep.orchestrator.experiment.QueueView;
import dev.fewstep.orchestrator.experiment.Settings;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.ProjectRecord;
import dev.fewstep.schemas.state.WorkerRecord;
import io.vertx.ext.web.RoutingContext;
import java.time.Clock;
import java.util.UUID;

/** How projects share the devices, which workers there are, and why something waits. */
final class FleetRoutes {
  private final Replies replies;
  private final Commands commands;
  private final StateView state;
  private final Settings decisions;
  private final Clock clock;

  FleetRoutes(
      Replies replies, Commands commands, StateView state, Settings decisions, Clock clock) {
    this.replies = requireNonNull(replies, "replies");
    this.commands = requireNonNull(commands, "commands");
    this.state = requireNonNull(state, "state");
    this.decisions = requireNonNull(decisions, "decisions");
    this.clock = requireNonNull(clock, "clock");
  }

  void mount(Operations operations) {
    operations.on(
        "listProjects",
        context ->
            replies.read(
                context,
                fold -> {
                  ObjectNode view = Json.messages().createObjectNode();
                  Caller caller = AccessGate.caller(context);
                  view.set(
                      "items",
                      Json.toTree(
                          ProjectShare.all(fold).stream()
                              .filter(share -> caller.sees(share.name()))
                              .toList()));
                  return view;
                }));
    operations.on("getProject", this::project);
    operations.on("setProject", this::set);
    operations.on(
        "getQueue", context -> replies.read(context, fold -> Json.toTree(queue(context, fold))));
    operations.on(
        "listWorkers",
        context -> replies.read(context, fold -> workers(AccessGate.sight(context, fold), fold)));
    operations.on("drainWorker", context -> drain(context, true));
    operations.on("resumeWorker", context -> drain(context, false));
    operations.on("explainTask", this::explainTask);
    operations.on("explainExperiment", this::explainExperiment);
  }

  private void project(RoutingContext context) {
    String name = context.pathParam("project");
    replies.read(
        context,
        fold ->
            ProjectShare.of(fold, name)
                .map(Json::toTree)
                .orElseThrow(
                    () ->
                        ApiException.notFound(
                            "Nobody set the project "
                                + name
                                + ", and no experiment belongs to it.")));
  }

  /** What the body leaves out stays as it is. */
  private void set(RoutingContext context) {
    String name = context.pathParam("project");
    ObjectNode body = Bodies.object(context, "weight", "maxDevices");
    ProjectRecord now = state.read(fold -> fold.project(name));
    double weight = Bodies.number(body, "weight").orElse(now.weight());
    int maxDevices = Bodies.integer(body, "maxDevices").orElse(now.maxDevices());
    commands.send(
        context,
        new Command.SetProject(Commands.id(context), clock.instant(), name, weight, maxDevices),
        200,
        outcome ->
            Json.messages()
                .createObjectNode()
                .put("name", name)
                .put("weight", weight)
                .put("maxDevices", maxDevices));
  }

  /** Its classes whole, of the projects those that the caller sees. */
  private QueueView queue(RoutingContext context, OrchestratorState fold) {
    Caller caller = AccessGate.caller(context);
    QueueView whole = explanations(fold).queue();
    return caller.seesAll() ? whole : whole.of(caller::sees);
  }

  private static ObjectNode workers(Sight sight, OrchestratorState fold) {
    ObjectNode view = Json.messages().createObjectNode();
    ArrayNode items = view.putArray("items");
    for (WorkerRecord worker : fold.workers()) {
      ObjectNode item = Json.messages().valueToTree(worker);
      worker
          .executionId()
          .flatMap(fold::taskHeldBy)
          .filter(sight::task)
          .ifPresent(task -> item.put("task", task));
      items.add(item);
    }
    return view;
  }

  private void drain(RoutingContext context, boolean drain) {
    Bodies.object(context);
    UUID worker;
    try {
      worker = UUID.fromString(context.pathParam("workerId"));
    } catch (IllegalArgumentException e) {
      context.fail(ApiException.of(400, "A worker's id is a UUID."));
      return;
    }
    commands.send(
        context,
        new Command.DrainWorker(Commands.id(context), clock.instant(), worker, drain),
        200,
        outcome ->
            Json.messages()
                .createObjectNode()
                .put("id", outcome.subject())
                .put("draining", drain)
                .put("handedBack", outcome.tasks()));
  }

  private Explanations explanations(OrchestratorState fold) {
    return new Explanations(fold, decisions, clock.instant());
  }

  private void explainTask(RoutingContext context) {
    String key = context.pathParam("taskKey");
    replies.read(
        context,
        fold ->
            explanations(fold)
                .task(key)
                .map(Json::toTree)
                .orElseThrow(() -> ApiException.notFound("There is no task " + key + ".")));
  }

  private void explainExperiment(RoutingContext context) {
    String id = context.pathParam("experimentId");
    replies.read(
        context,
        fold ->
            explanations(fold)
                .experiment(id)
                .map(Json::toTree)
                .orElseThrow(() -> ApiException.notFound("There is no experiment " + id + ".")));
  }
}
