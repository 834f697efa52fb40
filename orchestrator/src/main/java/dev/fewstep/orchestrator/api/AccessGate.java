package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.access.AccessSettings;
import dev.fewstep.orchestrator.access.Authentication;
import dev.fewstep.orchestrator.access.Caller;
import dev.fewstep.orchestrator.access.Limits;
import dev.fewstep.orchestrator.access.Permissions;
import dev.fewstep.orchestrator.access.ProviderUnavailableException;
import dev.fewstep.orchestrator.access.RateLimit;
import dev.fewstep.orchestrator.access.Sessions;
import dev.fewstep.orchestrator.access.Sight;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.schemas.state.TokenRecord;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Asks every request who sends it before anything of it is read, and every operation whether that
 * caller may do it. What a caller does not see is answered as what is not there.
 */
final class AccessGate {
  private static final int VERIFIERS = 4;

  /** Key of the caller in a routing context. */
  static final String CALLER = "fewstep.caller";

  /** Key of the session that a browser showed or was given. */
  private static final String SESSION = "fewstep.session";

  private final Authentication authentication;
  private final boolean enforced;

  /** Threads that may wait for the identity provider: nobody else waits for them. */
  private final WorkerExecutor verifiers;

  private final Replies replies;
  private final StateView state;
  private final AuditTrail audit;
  private final Clock clock;

  /** Of each token: what it may ask for in a second, and at once. */
  private final RateLimit requests;

  /** Of each address: how often it may try to sign in. */
  private final RateLimit signIns;

  AccessGate(
      AccessSettings settings,
      Vertx vertx,
      Replies replies,
      StateView state,
      AuditTrail audit,
      Clock clock) {
    this.authentication = new Authentication(settings);
    this.enforced = settings.enforced();
    this.requests = settings.limits().requests().limit();
    this.signIns = settings.limits().signIns().limit();
    this.verifiers =
        vertx.createSharedWorkerExecutor("fewstep-verifiers", VERIFIERS, 1, TimeUnit.MINUTES);
    this.replies = requireNonNull(replies, "replies");
    this.state = requireNonNull(state, "state");
    this.audit = requireNonNull(audit, "audit");
    this.clock = requireNonNull(clock, "clock");
  }

  /** Lets those go on who are known, with who they are, and those who are about to say so. */
  void authenticate(RoutingContext context) {
    Optional<String> session = SessionCookie.read(context);
    Optional<String> shown = Optional.ofNullable(context.request().getHeader("Authorization"));
    if (signsIn(context)) {
      context.put(CALLER, Caller.stranger());
      String from = String.valueOf(context.request().remoteAddress().hostAddress());
      limit(context, signIns.take(from, 1, clock.instant()));
    } else if (authentication.mayBlock(shown)) {
      // Nothing of the body is read before it is known who sends it.
      context.request().pause();
      verifiers
          .executeBlocking(() -> authentication.caller(shown, this::token, clock.instant()), false)
          .onSuccess(
              caller -> {
                context.request().resume();
                admit(context, caller);
              })
          .onFailure(error -> context.fail(unknown(error)));
    } else if (!enforced || shown.isPresent() || session.isEmpty()) {
      admit(context, authentication.caller(shown, this::token, clock.instant()));
    } else if (changes(context) && !proven(context, session.get())) {
      refused(context);
      context.fail(
          ApiException.of(
              403,
              "What changes something needs the header "
                  + SessionCookie.PROOF
                  + " when a browser's session asks for it."));
    } else {
      context.put(SESSION, session.get());
      admit(context, authentication.signedIn(session.get(), this::token, clock.instant()));
    }
  }

  private static Throwable unknown(Throwable error) {
    return error instanceof ProviderUnavailableException
        ? ApiException.of(503, error.getMessage())
        : error;
  }

  private void admit(RoutingContext context, Optional<Caller> caller) {
    if (caller.isPresent()) {
      context.put(CALLER, caller.get());
      limit(
          context,
          enforced
              ? requests.take(
                  caller.get().tokenId().orElse(caller.get().name()),
                  changes(context) ? Limits.CHANGE : 1,
                  clock.instant())
              : Duration.ZERO);
    } else {
      refused(context);
      context.fail(
          refusal(
              context, "A token is required that is neither expired nor revoked (Authorization)."));
    }
  }

  /** Of somebody who is not known. That the page finds out whether it must ask is no attempt. */
  private void refused(RoutingContext context) {
    context.put(CALLER, Caller.stranger());
    boolean shows =
        context.request().getHeader("Authorization") != null
            || SessionCookie.read(context).isPresent();
    if (shows || !context.normalizedPath().equals(ApiContract.PREFIX + "/caller")) {
      audit.refused(context, AuditTrail.REFUSED);
    }
  }

  /** Lets a request go on that need not wait. */
  private static void limit(RoutingContext context, Duration wait) {
    if (wait.isZero()) {
      context.next();
    } else {
      long seconds = wait.plusMillis(999).toSeconds();
      context.response().putHeader("Retry-After", Long.toString(seconds));
      context.fail(
          ApiException.of(429, "Too many requests: ask again in " + seconds + " seconds."));
    }
  }

  private static ApiException refusal(RoutingContext context, String text) {
    context.response().putHeader("WWW-Authenticate", "Bearer realm=\"fewstep\"");
    return ApiException.of(401, text);
  }

  private static boolean signsIn(RoutingContext context) {
    return context.request().method().equals(HttpMethod.POST)
        && context.normalizedPath().equals(ApiContract.PREFIX + "/session");
  }

  private static boolean changes(RoutingContext context) {
    HttpMethod method = context.request().method();
    return !method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD);
  }

  private boolean proven(RoutingContext context, String session) {
    String proof = context.request().getHeader(SessionCookie.PROOF);
    return proof != null && sessions().proves(proof, session);
  }

  private Sessions sessions() {
    return authentication.sessions().orElseThrow();
  }

  /**
   * Gives the browser a session of whom a token belongs to.
   *
   * @return who that is; fails with an {@link ApiException} when the token lets nobody in
   */
  Future<Caller> signIn(RoutingContext context, String token) {
    Instant now = clock.instant();
    return verifiers
        .executeBlocking(
            () -> authentication.caller(Optional.of("Bearer " + token), this::token, now), false)
        .recover(error -> Future.failedFuture(unknown(error)))
        .map(
            caller ->
                caller.orElseThrow(
                    () -> refusal(context, "This token is wrong, has expired or was revoked.")))
        .map(caller -> signedIn(context, caller, now));
  }

  private Caller signedIn(RoutingContext context, Caller caller, Instant now) {
    if (enforced) {
      context.put(CALLER, caller);
      Sessions.Session session = authentication.session(caller, now);
      String text = sessions().open(session);
      SessionCookie.set(context, text, Duration.between(now, session.until()));
      context.put(SESSION, text);
    }
    return caller;
  }

  /** What the page is to prove with that it is one of this server's; empty without a session. */
  Optional<String> proof(RoutingContext context) {
    return Optional.ofNullable(context.<String>get(SESSION)).map(text -> sessions().proof(text));
  }

  private Optional<TokenRecord> token(String id) {
    return state.read(fold -> fold.tokens().token(id));
  }

  /** Who sent a request that was let in. */
  static Caller caller(RoutingContext context) {
    return requireNonNull(context.<Caller>get(CALLER), "every request has a caller");
  }

  /** What the sender of a request sees. */
  static Sight sight(RoutingContext context, OrchestratorState fold) {
    return new Sight(caller(context), fold);
  }

  /** Whether a caller who was let in is to be served any longer. */
  boolean still(Caller caller) {
    return authentication.still(caller, this::token, clock.instant());
  }

  /** Whether requests must show tokens. */
  boolean enforced() {
    return enforced;
  }

  /**
   * Insists that the sender may do this in a project.
   *
   * @throws ApiException otherwise
   */
  static void require(RoutingContext context, String project) {
    if (!caller(context).sees(project)) {
      throw ApiException.of(403, "Your token is not of the project " + project + ".");
    }
  }

  /** A handler that is asked only for callers who may do an operation. */
  Handler<RoutingContext> guard(String operationId, Handler<RoutingContext> handler) {
    Permissions.Rule rule = Permissions.of(operationId);
    return context -> {
      Caller caller = caller(context);
      if (enforced && changes(context)) {
        audit.follow(context, operationId);
      }
      if (!caller.may(rule.role())) {
        if (!changes(context)) {
          audit.refused(context, operationId);
        }
        context.fail(
            ApiException.of(
                403,
                "This needs a token of the role "
                    + rule.role().name().toLowerCase(Locale.ROOT)
                    + "; yours is of "
                    + caller.role().name().toLowerCase(Locale.ROOT)
                    + "."));
      } else if (caller.seesAll()) {
        handler.handle(context);
      } else if (rule.reach() == Permissions.Reach.ARTIFACT) {
        replies
            .blocking(() -> state.read(fold -> unseen(context, rule.reach(), fold)))
            .onSuccess(unseen -> go(context, unseen, handler))
            .onFailure(context::fail);
      } else {
        go(context, state.read(fold -> unseen(context, rule.reach(), fold)), handler);
      }
    };
  }

  private static void go(
      RoutingContext context, Optional<String> unseen, Handler<RoutingContext> handler) {
    if (unseen.isPresent()) {
      context.fail(ApiException.notFound(unseen.get()));
      return;
    }
    try {
      handler.handle(context);
    } catch (RuntimeException e) {
      context.fail(e);
    }
  }

  /** What is answered when the caller does not see what is asked about. */
  private static Optional<String> unseen(
      RoutingContext context, Permissions.Reach reach, OrchestratorState fold) {
    Sight sight = sight(context, fold);
    return switch (reach) {
      case EVERYBODY, BODY -> Optional.empty();
      case FILTERED ->
          Replies.query(context, "experiment")
              .filter(id -> !sight.experiment(id))
              .map(AccessGate::noExperiment);
      case EXPERIMENT -> {
        String path = context.pathParam("experimentId");
        String id = path == null ? context.request().getParam("experiment") : path;
        yield sight.experiment(id) ? Optional.empty() : Optional.of(noExperiment(id));
      }
      case TASK -> {
        String key = context.pathParam("taskKey");
        yield unless(sight.task(key), "There is no task " + key + ".");
      }
      case ARTIFACT -> {
        String sha256 = context.pathParam("sha256");
        yield unless(
            sight.artifact(sha256), "The store has no object with the digest " + sha256 + ".");
      }
      case PROJECT -> {
        String name = context.pathParam("project");
        yield unless(
            caller(context).sees(name),
            "Nobody set the project " + name + ", and no experiment belongs to it.");
      }
      case SCHEDULE -> {
        String name = context.pathParam("schedule");
        yield unless(sight.schedule(name), "There is no schedule " + name + ".");
      }
      case BENCHMARK -> {
        String name = context.pathParam("schedule");
        yield unless(sight.benchmark(name), "There is no schedule " + name + ".");
      }
      case COMMAND -> unless(seesCommand(sight, context), "Nothing is decided about the command.");
    };
  }

  private static boolean seesCommand(Sight sight, RoutingContext context) {
    try {
      return sight.command(UUID.fromString(context.pathParam("commandId")));
    } catch (IllegalArgumentException e) {
      return true;
    }
  }

  private static String noExperiment(String id) {
    return "There is no experiment " + id + ".";
  }

  private static Optional<String> unless(boolean seen, String refusal) {
    return seen ? Optional.empty() : Optional.of(refusal);
  }
}
