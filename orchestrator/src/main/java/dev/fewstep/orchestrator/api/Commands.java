package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.access.Caller;
import dev.fewstep.orchestrator.log.CommandGateway;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.OutcomeRecord;
import io.vertx.core.Future;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/** Sends commands and answers with their outcome. */
final class Commands {
  private final Replies replies;
  private final CommandGateway gateway;

  Commands(Replies replies, CommandGateway gateway) {
    this.replies = requireNonNull(replies, "replies");
    this.gateway = requireNonNull(gateway, "gateway");
  }

  /** The command's id: the client's Idempotency-Key, or a new one. */
  static UUID id(RoutingContext context) {
    String key = context.request().getHeader("Idempotency-Key");
    return key == null ? UUID.randomUUID() : UUID.fromString(key);
  }

  /** Who asks: who the token says, else who the request says. */
  static String user(RoutingContext context) {
    Caller caller = AccessGate.caller(context);
    if (caller.known()) {
      return caller.name();
    }
    return Optional.ofNullable(context.request().getHeader("Fewstep-User")).orElse("anonymous");
  }

  /** Says where the experiment is that a command made. */
  static void located(RoutingContext context, OutcomeRecord outcome) {
    context
        .response()
        .putHeader("Location", ApiContract.PREFIX + "/experiments/" + outcome.subject());
  }

  /**
   * Sends a command; answers {@code status} when it is accepted, 409 when it is rejected, 202 when
   * nothing is decided in time.
   */
  void send(
      RoutingContext context,
      Command command,
      int status,
      Function<OutcomeRecord, JsonNode> accepted) {
    send(context, command, status, accepted, () -> {});
  }

  /** A look at something else once a command is accepted; it may block. */
  @FunctionalInterface
  interface Look {
    /** Fails when the command's effect is of no use. */
    void look() throws IOException;
  }

  /** The same, with a look at something else after the command is accepted. */
  void send(
      RoutingContext context,
      Command command,
      int status,
      Function<OutcomeRecord, JsonNode> accepted,
      Look afterwards) {
    replies
        .blocking(() -> gateway.send(command, TracedRequests.of(context)))
        .compose(
            outcome -> Future.fromCompletionStage(outcome, context.vertx().getOrCreateContext()))
        .compose(
            outcome ->
                replies.blocking(
                    () -> {
                      if (outcome.map(OutcomeRecord::accepted).orElse(false)) {
                        afterwards.look();
                      }
                      return outcome;
                    }))
        .onSuccess(outcome -> answer(context, command.commandId(), outcome, status, accepted))
        .onFailure(context::fail);
  }

  private void answer(
      RoutingContext context,
      UUID commandId,
      Optional<OutcomeRecord> decided,
      int status,
      Function<OutcomeRecord, JsonNode> accepted) {
    if (decided.isEmpty()) {
      context
          .response()
          .putHeader("Location", ApiContract.PREFIX + "/commands/" + commandId)
          .putHeader("Retry-After", "1");
      replies.send(
          context, 202, Json.messages().createObjectNode().put("commandId", commandId.toString()));
    } else if (decided.get().accepted()) {
      replies.send(context, status, accepted.apply(decided.get()));
    } else {
      context.fail(ApiException.of(decided.get()));
    }
  }
}
