package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.InputRecord;
import io.vertx.core.Future;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Imported inputs: listing, uploading and naming. */
final class InputRoutes {
  private final Replies replies;
  private final Commands commands;
  private final ObjectStore store;
  private final Uploads uploads;
  private final Clock clock;

  InputRoutes(Replies replies, Commands commands, ObjectStore store, Uploads uploads, Clock clock) {
    this.replies = requireNonNull(replies, "replies");
    this.commands = requireNonNull(commands, "commands");
    this.store = requireNonNull(store, "store");
    this.uploads = requireNonNull(uploads, "uploads");
    this.clock = requireNonNull(clock, "clock");
  }

  void mount(Operations operations) {
    operations.on("listInputs", this::list);
    operations.on("registerInput", this::register);
    operations.on("uploadInput", this::upload);
  }

  private void list(RoutingContext context) {
    Optional<String> after = Replies.query(context, "after");
    int limit = Replies.limit(context);
    replies.read(context, state -> page(state, after, limit));
  }

  private static JsonNode page(OrchestratorState state, Optional<String> after, int limit) {
    List<InputRecord> found =
        state.inputs().stream()
            .filter(input -> after.map(last -> input.name().compareTo(last) > 0).orElse(true))
            .limit(limit)
            .toList();
    return Replies.page(found, limit, Json::toTree, InputRecord::name);
  }

  private void register(RoutingContext context) {
    UUID commandId = Commands.id(context);
    byte[] body = context.body().buffer().getBytes();
    replies
        .blocking(() -> registration(commandId, body))
        .onSuccess(command -> send(context, command))
        .onFailure(context::fail);
  }

  private Command.RegisterInput registration(UUID commandId, byte[] body) throws IOException {
    JsonNode tree = Json.messages().readTree(body);
    Artifact artifact;
    try {
      artifact = Json.messages().treeToValue(tree.path("artifact"), Artifact.class);
    } catch (com.fasterxml.jackson.databind.JsonMappingException e) {
      Throwable why = e.getCause() == null ? e : e.getCause();
      throw ApiException.of(400, "The artifact is wrong: " + why.getMessage());
    }
    if (!store.relyOn(artifact)) {
      throw ApiException.of(
          422,
          "The store has no object "
              + artifact.objectKey()
              + " of "
              + artifact.bytes()
              + " bytes: upload it first.");
    }
    return new Command.RegisterInput(
        commandId,
        clock.instant(),
        tree.path("name").asText(),
        artifact,
        tree.path("origin").asText("registered"));
  }

  private void upload(RoutingContext context) {
    String name = context.pathParam("inputName");
    ArtifactKind kind = ArtifactKind.valueOf(context.request().getParam("kind"));
    String file = Replies.query(context, "filename").orElse(name);
    UUID commandId = Commands.id(context);
    uploads
        .receive(context.request())
        .compose(
            received ->
                replies
                    .blocking(() -> store(kind, file, received))
                    .eventually(() -> discard(received.file())))
        .onSuccess(
            artifact ->
                send(
                    context,
                    new Command.RegisterInput(
                        commandId, clock.instant(), name, artifact, "upload of " + file)))
        .onFailure(context::fail);
  }

  private Artifact store(ArtifactKind kind, String file, Uploads.Received received)
      throws IOException {
    try {
      InputFormats.check(kind, received.file());
      return store.put(kind, file, received.file(), received.sha256());
    } catch (IllegalArgumentException e) {
      throw ApiException.of(422, e.getMessage());
    }
  }

  private Future<Void> discard(Path file) {
    return replies.blocking(
        () -> {
          Files.deleteIfExists(file);
          return null;
        });
  }

  private void send(RoutingContext context, Command.RegisterInput command) {
    commands.send(
        context,
        command,
        201,
        outcome -> {
          ObjectNode view = Json.messages().createObjectNode().put("name", outcome.subject());
          view.set("artifact", Json.toTree(command.artifact()));
          return view;
        },
        () -> requireStored(command.artifact()));
  }

  /**
   * After the name is committed: a garbage collection that had not seen it may have removed the
   * object just before. From now on none does.
   */
  private void requireStored(Artifact artifact) throws IOException {
    if (store.size(artifact.sha256()).isEmpty()) {
      throw ApiException.of(
          503,
          "The object was removed by a garbage collection while it was registered: upload it"
              + " again.");
    }
  }
}
