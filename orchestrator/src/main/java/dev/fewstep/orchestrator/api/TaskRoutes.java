package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.log.MetricsTail;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.MetricBatch.Point;
import dev.fewstep.schemas.state.TaskRecord;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Tasks, their curves, artifacts and commands. */
final class TaskRoutes {
  private final Replies replies;
  private final ArchiveRoutes archives;
  private final StateView state;
  private final MetricsTail curves;
  private final ArtifactStreams artifacts;

  TaskRoutes(
      Replies replies,
      ArchiveRoutes archives,
      StateView state,
      MetricsTail curves,
      ArtifactStreams artifacts) {
    this.replies = requireNonNull(replies, "replies");
    this.archives = requireNonNull(archives, "archives");
    this.state = requireNonNull(state, "state");
    this.curves = requireNonNull(curves, "curves");
    this.artifacts = requireNonNull(artifacts, "artifacts");
  }

  void mount(Operations operations) {
    operations.on("listTasks", this::list);
    operations.on("getTask", this::one);
    operations.on("getCurve", this::curve);
    operations.on("getArtifact", this::artifact);
    operations.on("getCommand", this::command);
  }

  private static String key(RoutingContext context) {
    return context.pathParam("taskKey");
  }

  private void list(RoutingContext context) {
    String experiment = context.request().getParam("experiment");
    Optional<String> after = Replies.query(context, "after");
    int limit = Replies.limit(context);
    archives.read(context, experiment, fold -> TaskViews.list(fold, experiment, after, limit));
  }

  private void one(RoutingContext context) {
    String key = key(context);
    replies.read(context, fold -> TaskViews.one(fold, key, curves.points(key), curves.lines(key)));
  }

  private void curve(RoutingContext context) {
    String key = key(context);
    replies
        .awaited(context)
        .compose(reached -> replies.blocking(() -> wholeCurve(key)))
        .onSuccess(
            whole -> {
              if (whole.isPresent()) {
                artifacts.send(context, whole.get().sha256(), "curve.json");
              } else {
                List<Point> points = curves.points(key);
                replies.send(
                    context,
                    200,
                    Json.messages().createObjectNode().set("points", Json.toTree(points)));
              }
            })
        .onFailure(context::fail);
  }

  private Optional<Artifact> wholeCurve(String key) {
    return state.read(
        fold -> {
          TaskRecord task = TaskViews.require(fold, key);
          return task.state().hasResult()
              ? task.result().stream()
                  .flatMap(result -> result.artifacts().stream())
                  .filter(artifact -> artifact.kind() == ArtifactKind.CURVE)
                  .findFirst()
              : Optional.empty();
        });
  }

  private void artifact(RoutingContext context) {
    String sha256 = context.pathParam("sha256");
    artifacts.send(context, sha256, Replies.query(context, "name").orElse(sha256));
  }

  private void command(RoutingContext context) {
    UUID id;
    try {
      id = UUID.fromString(context.pathParam("commandId"));
    } catch (IllegalArgumentException e) {
      context.fail(ApiException.of(400, "A command's id is a UUID."));
      return;
    }
    replies.read(context, fold -> TaskViews.outcome(fold, id));
  }
}
