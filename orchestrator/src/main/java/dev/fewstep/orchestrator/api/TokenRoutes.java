package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.access.Caller;
import dev.fewstep.orchestrator.access.TokenText;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.schemas.AccessRole;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.Problem;
import dev.fewstep.schemas.state.TokenRecord;
import io.vertx.ext.web.RoutingContext;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;

/** Tokens: made, listed, revoked; who a caller is, and browsers that are signed in and out. */
final class TokenRoutes {
  private static final Duration USUAL = Duration.ofDays(90);
  private static final String ROLES =
      Arrays.stream(AccessRole.values())
          .map(role -> role.name().toLowerCase(Locale.ROOT))
          .collect(Collectors.joining(", "));

  private final Replies replies;
  private final Commands commands;
  private final StateView state;
  private final AccessGate gate;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  TokenRoutes(Replies replies, Commands commands, StateView state, AccessGate gate, Clock clock) {
    this.replies = requireNonNull(replies, "replies");
    this.commands = requireNonNull(commands, "commands");
    this.state = requireNonNull(state, "state");
    this.gate = requireNonNull(gate, "gate");
    this.clock = requireNonNull(clock, "clock");
  }

  void mount(Operations operations) {
    operations.on("signIn", this::signIn);
    operations.on("signOut", this::signOut);
    operations.on("getCaller", context -> tell(context, AccessGate.caller(context)));
    operations.on("listTokens", context -> replies.read(context, this::all));
    operations.on("createToken", this::create);
    operations.on("revokeToken", this::revoke);
  }

  private void signIn(RoutingContext context) {
    String token = Bodies.text(Bodies.object(context, "token"), "token").orElse("").strip();
    gate.signIn(context, token).onSuccess(caller -> tell(context, caller)).onFailure(context::fail);
  }

  private void signOut(RoutingContext context) {
    SessionCookie.remove(context);
    var unused = context.response().setStatusCode(204).end();
  }

  /** Who that is; a browser that is signed in is told what its page proves itself with. */
  private void tell(RoutingContext context, Caller caller) {
    String name = caller.known() ? caller.name() : Commands.user(context);
    ObjectNode view =
        Json.messages()
            .createObjectNode()
            .put("name", name)
            .put("role", caller.role().name())
            .put("tokensRequired", gate.enforced());
    caller.tokenId().ifPresent(id -> view.put("tokenId", id));
    gate.proof(context).ifPresent(proof -> view.put("csrf", proof));
    view.set("projects", Json.toTree(new TreeSet<>(caller.projects())));
    context.response().putHeader("Cache-Control", "no-store");
    replies.send(context, 200, view);
  }

  private ObjectNode all(OrchestratorState fold) {
    Instant now = clock.instant();
    ObjectNode view = Json.messages().createObjectNode();
    ArrayNode items = view.putArray("items");
    fold.tokens().all().forEach(token -> items.add(view(token, now)));
    return view;
  }

  /** Everything but the digest. */
  private static ObjectNode view(TokenRecord token, Instant now) {
    ObjectNode view = Json.messages().valueToTree(token);
    view.remove("sha256");
    String standing =
        token.revokedAt().isPresent() ? "REVOKED" : token.valid(now) ? "VALID" : "EXPIRED";
    return view.put("state", standing);
  }

  private void create(RoutingContext context) {
    ObjectNode body = Bodies.object(context, "name", "role", "projects", "expiresAt");
    UUID commandId = Commands.id(context);
    TokenText text = TokenText.make(TokenText.id(commandId), random);
    Command command =
        new Command.CreateToken(
            commandId,
            clock.instant(),
            Commands.user(context),
            text.id(),
            Bodies.text(body, "name").orElse(""),
            text.sha256(),
            role(body),
            projects(body),
            expiry(body));
    commands.send(context, command, 201, outcome -> made(outcome, text));
  }

  /** A repeated command made its token the first time, of which nobody knows the text any more. */
  private ObjectNode made(OutcomeRecord outcome, TokenText text) {
    TokenRecord token =
        state
            .read(fold -> fold.tokens().token(outcome.subject()))
            .orElseThrow(() -> ApiException.of(409, "The token was made, and is forgotten since."));
    ObjectNode view = view(token, clock.instant());
    return token.sha256().equals(text.sha256()) ? view.put("token", text.reveal()) : view;
  }

  private static AccessRole role(ObjectNode body) {
    String asked = Bodies.text(body, "role").orElse("");
    for (AccessRole role : AccessRole.values()) {
      if (role.name().equalsIgnoreCase(asked)) {
        return role;
      }
    }
    throw wrong("role", "role must be one of " + ROLES + ", not '" + asked + "'", ROLES);
  }

  private static Set<String> projects(ObjectNode body) {
    Set<String> projects = new TreeSet<>();
    if (!body.path("projects").isMissingNode() && !body.path("projects").isArray()) {
      throw wrong("projects", "projects must be a list of names", "a list");
    }
    body.path("projects").forEach(name -> projects.add(name.asText()));
    return projects;
  }

  private Instant expiry(ObjectNode body) {
    Optional<String> asked = Bodies.text(body, "expiresAt");
    try {
      return asked.map(Instant::parse).orElseGet(() -> clock.instant().plus(USUAL));
    } catch (DateTimeException e) {
      throw wrong(
          "expiresAt",
          "expiresAt must be a time such as 2027-01-31T00:00:00Z, not '" + asked.get() + "'",
          "a time");
    }
  }

  private static ApiException wrong(String path, String message, String expected) {
    return ApiException.refused(
        message + ".",
        List.of(new Problem(path, message, Optional.of(expected), Optional.empty())));
  }

  private void revoke(RoutingContext context) {
    Bodies.object(context);
    commands.send(
        context,
        new Command.RevokeToken(
            Commands.id(context), clock.instant(), context.pathParam("tokenId")),
        200,
        outcome -> Json.messages().createObjectNode().put("id", outcome.subject()));
  }
}
