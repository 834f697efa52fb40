package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.access.Sight;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.schedule.SlotTimes;
import dev.fewstep.orchestrator.webhook.WebhookSettings;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.schedule.CatchUp;
import dev.fewstep.schemas.schedule.ScheduleSpec;
import dev.fewstep.schemas.spec.ExperimentSpecs;
import dev.fewstep.schemas.state.Problem;
import dev.fewstep.schemas.state.ScheduleRecord;
import dev.fewstep.schemas.state.ScheduledRun;
import io.vertx.ext.web.RoutingContext;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/** Experiments that come again. */
final class ScheduleRoutes {
  private static final int SHOWN = 3;
  private static final String[] FIELDS = {
    "cron", "zone", "catchUp", "retention", "experiment", "gate", "webhook"
  };

  private static final List<String> POLICIES =
      Stream.of(CatchUp.Policy.values()).map(Enum::name).toList();

  private final Replies replies;
  private final Commands commands;
  private final Clock clock;
  private final WebhookSettings webhooks;

  ScheduleRoutes(Replies replies, Commands commands, Clock clock, WebhookSettings webhooks) {
    this.replies = requireNonNull(replies, "replies");
    this.commands = requireNonNull(commands, "commands");
    this.clock = requireNonNull(clock, "clock");
    this.webhooks = requireNonNull(webhooks, "webhooks");
  }

  void mount(Operations operations) {
    operations.on(
        "listSchedules",
        context -> replies.read(context, fold -> all(AccessGate.sight(context, fold), fold)));
    operations.on("getSchedule", this::one);
    operations.on("setSchedule", this::set);
    operations.on(
        "deleteSchedule",
        context ->
            ask(context, new Command.DeleteSchedule(id(context), clock.instant(), name(context))));
    operations.on(
        "pauseSchedule",
        context ->
            ask(context, new Command.PauseSchedule(id(context), clock.instant(), name(context))));
    operations.on(
        "resumeSchedule",
        context ->
            ask(context, new Command.ResumeSchedule(id(context), clock.instant(), name(context))));
    operations.on("runSchedule", this::run);
  }

  private static String name(RoutingContext context) {
    return context.pathParam("schedule");
  }

  private static UUID id(RoutingContext context) {
    Bodies.object(context);
    return Commands.id(context);
  }

  private void ask(RoutingContext context, Command command) {
    commands.send(
        context,
        command,
        200,
        outcome -> Json.messages().createObjectNode().put("name", outcome.subject()));
  }

  private void run(RoutingContext context) {
    commands.send(
        context,
        new Command.RunScheduleNow(id(context), clock.instant(), name(context)),
        201,
        outcome -> {
          Commands.located(context, outcome);
          return Json.messages()
              .createObjectNode()
              .put("id", outcome.subject())
              .put("trials", outcome.trials());
        });
  }

  private void set(RoutingContext context) {
    ObjectNode body = Bodies.object(context, FIELDS);
    UUID id = Commands.id(context);
    String name = name(context);
    String user = Commands.user(context);
    replies
        .blocking(() -> reachable(read(name, body)))
        .map(
            spec -> {
              AccessGate.require(context, spec.project());
              return spec;
            })
        .onSuccess(
            spec ->
                commands.send(
                    context,
                    new Command.CreateSchedule(id, clock.instant(), user, spec),
                    200,
                    outcome ->
                        Json.messages()
                            .createObjectNode()
                            .put("name", spec.name())
                            .set("nextSlots", slots(spec, clock.instant(), SHOWN))))
        .onFailure(context::fail);
  }

  /** Refused at once, rather than found to be so when the first run ends. */
  private ScheduleSpec reachable(ScheduleSpec spec) {
    try {
      spec.webhook().ifPresent(webhooks::allowed);
      return spec;
    } catch (IllegalArgumentException e) {
      throw wrong("webhook", "webhook: " + e.getMessage(), "a URL of " + webhooks.hosts());
    }
  }

  /** What is left out has its default. */
  private static ScheduleSpec read(String name, ObjectNode body) {
    JsonNode experiment = body.path("experiment");
    if (!experiment.isObject()) {
      throw wrong("experiment", "experiment must be a specification", "an object");
    }
    var unused = ExperimentSpecs.read(experiment);
    ObjectNode whole = body.deepCopy().put("name", name);
    if (whole.path("catchUp") instanceof ObjectNode catchUp && catchUp.path("policy").isTextual()) {
      String policy = catchUp.path("policy").asText().toUpperCase(Locale.ROOT);
      if (!POLICIES.contains(policy)) {
        String known = String.join(", ", POLICIES);
        throw wrong(
            "catchUp.policy", "catchUp.policy must be one of " + known + ", not " + policy, known);
      }
      catchUp.put("policy", policy);
    }
    try {
      return Json.specs().treeToValue(whole, ScheduleSpec.class);
    } catch (JsonProcessingException e) {
      String message =
          e.getCause() instanceof IllegalArgumentException
                  || e.getCause() instanceof NullPointerException
              ? e.getCause().getMessage()
              : e.getOriginalMessage();
      throw wrong(message.split("[ :]", 2)[0], message, "a schedule");
    }
  }

  private static ApiException wrong(String path, String message, String expected) {
    return ApiException.refused(
        message + ".",
        List.of(new Problem(path, message, Optional.of(expected), Optional.empty())));
  }

  private JsonNode all(Sight sight, OrchestratorState fold) {
    ObjectNode view = Json.messages().createObjectNode();
    ArrayNode items = view.putArray("items");
    for (ScheduleRecord schedule : fold.schedules().all()) {
      if (!sight.schedule(schedule.name())) {
        continue;
      }
      ObjectNode item = head(schedule);
      List<ScheduledRun> runs = schedule.runs();
      if (!runs.isEmpty()) {
        item.set("lastRun", run(fold, runs.get(runs.size() - 1)));
      }
      items.add(item);
    }
    return view;
  }

  private void one(RoutingContext context) {
    String name = name(context);
    replies.read(
        context,
        fold ->
            fold.schedules()
                .schedule(name)
                .map(schedule -> whole(fold, schedule))
                .orElseThrow(() -> ApiException.notFound("There is no schedule " + name + ".")));
  }

  private JsonNode whole(OrchestratorState fold, ScheduleRecord schedule) {
    ObjectNode view = head(schedule);
    view.set("experiment", Json.toTree(schedule.spec().experiment()));
    schedule.missed().ifPresent(missed -> view.set("missed", Json.toTree(missed)));
    ArrayNode deliveries = view.putArray("deliveries");
    fold.deliveries()
        .of(schedule.name())
        .forEach(each -> deliveries.add(Json.messages().valueToTree(each)));
    ArrayNode runs = view.putArray("runs");
    for (int i = schedule.runs().size() - 1; i >= 0; i--) {
      runs.add(run(fold, schedule.runs().get(i)));
    }
    return view;
  }

  private ObjectNode head(ScheduleRecord schedule) {
    ScheduleSpec spec = schedule.spec();
    ObjectNode view =
        Json.messages()
            .createObjectNode()
            .put("name", spec.name())
            .put("project", spec.project())
            .put("cron", spec.cron())
            .put("zone", spec.zone());
    view.set("catchUp", Json.toTree(spec.catchUp()));
    view.put("retention", spec.retention());
    spec.gate().ifPresent(gate -> view.set("gate", Json.toTree(gate)));
    spec.webhook().ifPresent(address -> view.put("webhook", address));
    view.put("setBy", schedule.setBy())
        .put("createdAt", schedule.createdAt().toString())
        .put("changedAt", schedule.changedAt().toString());
    schedule.pausedAt().ifPresent(at -> view.put("pausedAt", at.toString()));
    ArrayNode next = view.putArray("nextSlots");
    schedule
        .nextSlot()
        .ifPresent(
            first -> {
              next.add(local(spec, first));
              next.addAll(slots(spec, first, SHOWN - 1));
            });
    return view;
  }

  private static ArrayNode slots(ScheduleSpec spec, Instant after, int count) {
    ArrayNode slots = Json.messages().createArrayNode();
    SlotTimes.of(spec.cron(), spec.zone())
        .next(after, count)
        .forEach(slot -> slots.add(local(spec, slot)));
    return slots;
  }

  private static String local(ScheduleSpec spec, Instant slot) {
    return slot.atZone(ZoneId.of(spec.zone())).toOffsetDateTime().toString();
  }

  private static JsonNode run(OrchestratorState fold, ScheduledRun run) {
    ObjectNode view = Json.messages().valueToTree(run);
    view.remove("problem");
    run.problem()
        .ifPresentOrElse(
            why -> view.put("state", "REFUSED").put("problem", why),
            () -> view.put("state", state(fold, run.experimentId())));
    return view;
  }

  private static String state(OrchestratorState fold, String experiment) {
    return fold.progress(experiment)
        .map(progress -> progress.state().name())
        .orElseGet(() -> fold.archive().experiment(experiment).isPresent() ? "ARCHIVED" : "GONE");
  }
}
