package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.access.Caller;
import dev.fewstep.orchestrator.archive.Archivist;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.ArchivedRecord;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Archives experiments, lists those that are archived, and lets them be read like any other: what
 * is asked of an archived experiment is answered from its file.
 */
final class ArchiveRoutes {
  private final Replies replies;
  private final Commands commands;
  private final StateView state;
  private final Archivist archivist;

  ArchiveRoutes(Replies replies, Commands commands, StateView state, Archivist archivist) {
    this.replies = requireNonNull(replies, "replies");
    this.commands = requireNonNull(commands, "commands");
    this.state = requireNonNull(state, "state");
    this.archivist = requireNonNull(archivist, "archivist");
  }

  void mount(Operations operations) {
    operations.on("archiveExperiment", this::archive);
    operations.on("listArchived", this::list);
  }

  private void list(RoutingContext context) {
    Optional<String> after = Replies.query(context, "after");
    int limit = Replies.limit(context);
    Caller caller = AccessGate.caller(context);
    replies.read(
        context,
        fold ->
            Replies.page(
                fold.archive().experiments(after, Integer.MAX_VALUE).stream()
                    .filter(archived -> caller.sees(archived.project()))
                    .limit(limit)
                    .toList(),
                limit,
                ArchiveRoutes::view,
                ArchivedRecord::experimentId));
  }

  /** An archived experiment as listings show it. */
  private static ObjectNode view(ArchivedRecord archived) {
    ObjectNode view =
        Json.messages()
            .createObjectNode()
            .put("id", archived.experimentId())
            .put("name", archived.name())
            .put("project", archived.project())
            .put("state", archived.state().name())
            .put("trials", archived.trials());
    view.set("tasks", Json.toTree(archived.tasks()));
    view.set("labels", Json.toTree(archived.labels()));
    view.put("submittedBy", archived.submittedBy())
        .put("submittedAt", archived.submittedAt().toString())
        .put("endedAt", archived.endedAt().toString())
        .put("archivedAt", archived.archivedAt().toString())
        .put("keepResults", archived.keepResults());
    view.set("archive", Json.toTree(archived.archive()));
    archived.imported().ifPresent(origin -> view.set("imported", Json.toTree(origin)));
    return view;
  }

  private void archive(RoutingContext context) {
    String id = context.pathParam("experimentId");
    UUID commandId = Commands.id(context);
    ObjectNode body = Bodies.object(context, "keepResults");
    boolean keep = !body.has("keepResults") || Bodies.truth(body, "keepResults");
    if (state.read(fold -> fold.archive().experiment(id)).isPresent()) {
      replies.read(context, fold -> view(fold.archive().experiment(id).orElseThrow()));
      return;
    }
    replies
        .blocking(() -> written(commandId, id, keep))
        .onSuccess(
            command ->
                commands.send(
                    context,
                    command,
                    200,
                    outcome ->
                        state.read(fold -> view(fold.archive().experiment(id).orElseThrow()))))
        .onFailure(context::fail);
  }

  private Command.ArchiveExperiment written(UUID commandId, String id, boolean keep) {
    try {
      return archivist
          .write(commandId, id, keep)
          .orElseThrow(
              () -> {
                String where =
                    state.read(
                        fold -> {
                          ExperimentViews.require(fold, id);
                          return fold.progress(id).orElseThrow().state().name();
                        });
                return ApiException.of(
                    409, "Experiment " + id + " has not ended: it is " + where + ".");
              });
    } catch (IOException e) {
      throw ApiException.of(503, "The archive cannot be written: " + e.getMessage());
    }
  }

  /** Answers what is asked of an experiment from the state, or from its archive. */
  void read(RoutingContext context, String id, Function<OrchestratorState, JsonNode> view) {
    read(context, id, (fold, archived) -> view.apply(fold));
  }

  /** The same; the view is told how the experiment is archived. */
  void read(
      RoutingContext context,
      String id,
      BiFunction<OrchestratorState, Optional<ArchivedRecord>, JsonNode> view) {
    Optional<ArchivedRecord> archived =
        state.read(
            fold ->
                fold.experiment(id).isPresent() ? Optional.empty() : fold.archive().experiment(id));
    if (archived.isEmpty()) {
      replies.read(context, fold -> view.apply(fold, Optional.empty()));
      return;
    }
    replies
        .awaited(context)
        .compose(offset -> replies.blocking(() -> view.apply(unpacked(archived.get()), archived)))
        .onSuccess(body -> replies.send(context, 200, body))
        .onFailure(context::fail);
  }

  /** Where an experiment can be read, the committed state or its archive. */
  interface Source {
    /** Reads; the reader must not keep the state. */
    <T> T read(Function<OrchestratorState, T> reader);
  }

  /** Where an experiment can be read. Blocks. */
  Source source(String id) {
    Optional<ArchivedRecord> archived =
        state.read(
            fold ->
                fold.experiment(id).isPresent() ? Optional.empty() : fold.archive().experiment(id));
    if (archived.isEmpty()) {
      return state::read;
    }
    OrchestratorState unpacked = unpacked(archived.get());
    return new Source() {
      @Override
      public <T> T read(Function<OrchestratorState, T> reader) {
        return reader.apply(unpacked);
      }
    };
  }

  private OrchestratorState unpacked(ArchivedRecord archived) {
    try {
      return archivist.read(archived);
    } catch (IOException e) {
      throw ApiException.of(
          503,
          "Experiment "
              + archived.experimentId()
              + " is archived and its file cannot be read: "
              + e.getMessage());
    }
  }
}
