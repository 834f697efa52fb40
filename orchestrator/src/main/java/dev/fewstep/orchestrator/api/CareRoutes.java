package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.care.Care;
import dev.fewstep.orchestrator.care.Job;
import dev.fewstep.orchestrator.care.Jobs;
import dev.fewstep.orchestrator.care.KeepRules;
import dev.fewstep.schemas.Json;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/** Examination of the installation and the long work on its artifacts. */
final class CareRoutes {
  private static final long DEFAULT_GRACE_SECONDS = Duration.ofHours(24).toSeconds();

  private final Replies replies;
  private final Care care;

  CareRoutes(Replies replies, Care care) {
    this.replies = requireNonNull(replies, "replies");
    this.care = requireNonNull(care, "care");
  }

  void mount(Operations operations) {
    operations.on("examine", this::examine);
    operations.on("repair", context -> only(context, ":fix", this::repair));
    operations.on("collectGarbage", this::artifacts);
    operations.on("verifyArtifacts", this::artifacts);
    operations.on("listJobs", this::list);
    operations.on("getJob", this::job);
    operations.on("cancelJob", this::cancel);
  }

  /** To Vert.x what follows a colon is a parameter, so that either path may come as the other. */
  private void artifacts(RoutingContext context) {
    if (context.normalizedPath().endsWith(":gc")) {
      context.put(Operations.OPERATION, "collectGarbage");
      collect(context);
    } else {
      context.put(Operations.OPERATION, "verifyArtifacts");
      only(context, ":verify", this::verify);
    }
  }

  private static void only(RoutingContext context, String verb, Handler<RoutingContext> handler) {
    if (context.normalizedPath().endsWith(verb)) {
      handler.handle(context);
    } else {
      context.fail(ApiException.notFound("The API has no such path."));
    }
  }

  private void examine(RoutingContext context) {
    replies
        .blocking(() -> Json.toTree(care.doctor().examine()))
        .onSuccess(report -> replies.send(context, 200, report))
        .onFailure(context::fail);
  }

  private void repair(RoutingContext context) {
    byte[] body = bytes(context);
    replies
        .blocking(() -> repaired(Json.messages().readTree(body)))
        .onSuccess(done -> replies.send(context, 200, done))
        .onFailure(context::fail);
  }

  private JsonNode repaired(JsonNode body) {
    ObjectNode answer = Json.messages().createObjectNode();
    ArrayNode items = answer.putArray("items");
    for (JsonNode wanted : body.path("repairs")) {
      ObjectNode item = items.addObject().put("repair", wanted.asText());
      try {
        item.put("done", true).put("message", care.doctor().repair(wanted.asText()));
      } catch (IOException | RuntimeException e) {
        item.put("done", false).put("message", String.valueOf(e.getMessage()));
      }
    }
    return answer;
  }

  private void collect(RoutingContext context) {
    UUID id = Commands.id(context);
    byte[] body = bytes(context);
    start(
        context,
        () -> {
          JsonNode wanted = Json.messages().readTree(body);
          return care.collect(
              id,
              wanted.path("delete").asBoolean(false),
              Duration.ofSeconds(wanted.path("graceSeconds").asLong(DEFAULT_GRACE_SECONDS)),
              KeepRules.parse(wanted.path("keepCheckpoints").asText("last")));
        });
  }

  private void verify(RoutingContext context) {
    UUID id = Commands.id(context);
    byte[] body = bytes(context);
    start(
        context,
        () -> {
          JsonNode wanted = Json.messages().readTree(body);
          Optional<String> experiment =
              Optional.of(wanted.path("experiment").asText("")).filter(text -> !text.isEmpty());
          experiment.ifPresent(this::requireExperiment);
          return care.verify(id, experiment, wanted.path("quarantine").asBoolean(false));
        });
  }

  private void requireExperiment(String id) {
    boolean known =
        care.state()
            .read(
                fold ->
                    fold.experiment(id).isPresent() || fold.archive().experiment(id).isPresent());
    if (!known) {
      throw ApiException.notFound("There is no experiment " + id + ".");
    }
  }

  private interface Start {
    Job start() throws IOException, Jobs.BusyException;
  }

  private void start(RoutingContext context, Start start) {
    replies
        .blocking(
            () -> {
              try {
                return start.start();
              } catch (Jobs.BusyException e) {
                throw ApiException.of(409, e.getMessage());
              } catch (IllegalArgumentException e) {
                throw ApiException.of(422, e.getMessage());
              }
            })
        .onSuccess(
            job -> {
              context.response().putHeader("Location", ApiContract.PREFIX + "/jobs/" + job.jobId());
              replies.send(context, 202, Json.toTree(job));
            })
        .onFailure(context::fail);
  }

  private static byte[] bytes(RoutingContext context) {
    return context.body() == null || context.body().buffer() == null
        ? new byte[] {'{', '}'}
        : context.body().buffer().getBytes();
  }

  private void list(RoutingContext context) {
    ObjectNode answer = Json.messages().createObjectNode();
    ArrayNode items = answer.putArray("items");
    care.jobs().all().forEach(job -> items.add(Json.toTree(job)));
    replies.send(context, 200, answer);
  }

  private void job(RoutingContext context) {
    answer(context, care.jobs().job(id(context)));
  }

  private void cancel(RoutingContext context) {
    answer(context, care.jobs().cancel(id(context)));
  }

  private static UUID id(RoutingContext context) {
    return UUID.fromString(context.pathParam("jobId"));
  }

  private void answer(RoutingContext context, Optional<Job> job) {
    if (job.isPresent()) {
      replies.send(context, 200, Json.toTree(job.get()));
    } else {
      context.fail(
          ApiException.notFound(
              "This replica has no such job: jobs live in the replica that took them, until it"
                  + " ends."));
    }
  }
}
