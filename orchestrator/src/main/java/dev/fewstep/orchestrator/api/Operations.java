package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.OpenAPIRoute;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The operations of the contract and who handles them. */
final class Operations {
  /** Key of the operation's id in a routing context. */
  static final String OPERATION = "fewstep.operation";

  private final RouterBuilder builder;
  private final Map<String, ApiContract.Verb> verbs;
  private final AccessGate gate;
  private final Map<String, Map<String, Handler<RoutingContext>>> folded = new HashMap<>();
  private final Set<String> handled = new HashSet<>();

  /**
   * The operations of a contract.
   *
   * @param verbs those that are verbs behind a path's last parameter
   * @param gate asks whether a caller may do them
   */
  Operations(RouterBuilder builder, Map<String, ApiContract.Verb> verbs, AccessGate gate) {
    this.builder = requireNonNull(builder, "builder");
    this.verbs = Map.copyOf(verbs);
    this.gate = requireNonNull(gate, "gate");
  }

  /**
   * Handles an operation, after its parameters were validated, for those who may do it.
   *
   * @throws IllegalArgumentException when the contract has no such operation
   * @throws IllegalStateException when nothing is said of who may do it
   */
  void on(String operationId, Handler<RoutingContext> handled) {
    handle(operationId, gate.guard(operationId, handled));
  }

  private void handle(String operationId, Handler<RoutingContext> handler) {
    ApiContract.Verb verb = verbs.get(operationId);
    if (verb != null) {
      on(operationId, verb, handler);
      return;
    }
    OpenAPIRoute route = builder.getRoute(operationId);
    if (route == null) {
      throw new IllegalArgumentException("the contract has no operation " + operationId);
    }
    handled.add(operationId);
    route.addHandler(
        context -> {
          context.put(OPERATION, operationId);
          handler.handle(context);
        });
  }

  /** Handles a verb; the parameter that carried it is without it then. */
  private void on(String operationId, ApiContract.Verb verb, Handler<RoutingContext> handler) {
    Map<String, Handler<RoutingContext>> together =
        folded.computeIfAbsent(
            verb.folded(),
            id -> {
              Map<String, Handler<RoutingContext>> handlers = new HashMap<>();
              handled.add(id);
              builder
                  .getRoute(id)
                  .addHandler(context -> dispatch(context, verb.parameter(), handlers));
              return handlers;
            });
    together.put(
        verb.text(),
        context -> {
          context.put(OPERATION, operationId);
          handler.handle(context);
        });
    handled.add(operationId);
  }

  private static void dispatch(
      RoutingContext context, String parameter, Map<String, Handler<RoutingContext>> handlers) {
    String target = context.pathParam(parameter);
    int colon = target.lastIndexOf(':');
    context.pathParams().put(parameter, target.substring(0, colon));
    handlers.get(target.substring(colon)).handle(context);
  }

  /**
   * Insists that every operation is handled.
   *
   * @throws IllegalStateException otherwise
   */
  void requireComplete() {
    for (String operationId : verbs.keySet()) {
      if (!handled.contains(operationId)) {
        throw new IllegalStateException("nobody handles the operation " + operationId);
      }
    }
    for (OpenAPIRoute route : builder.getRoutes()) {
      if (!handled.contains(route.getOperation().getOperationId())) {
        throw new IllegalStateException(
            "nobody handles the operation " + route.getOperation().getOperationId());
      }
    }
  }
}
