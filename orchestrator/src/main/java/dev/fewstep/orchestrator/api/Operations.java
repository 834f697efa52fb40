package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.openapi.router.OpenAPIRoute;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import java.util.HashSet;
import java.util.Set;

/** The operations of the contract and who handles them. */
final class Operations {
  /** Key of the operation's id in a routing context. */
  static final String OPERATION = "fewstep.operation";

  private final RouterBuilder builder;
  private final Set<String> handled = new HashSet<>();

  Operations(RouterBuilder builder) {
    this.builder = requireNonNull(builder, "builder");
  }

  /**
   * Handles an operation, after its parameters were validated.
   *
   * @throws IllegalArgumentException when the contract has no such operation
   */
  void on(String operationId, Handler<RoutingContext> handler) {
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

  /**
   * Insists that every operation is handled.
   *
   * @throws IllegalStateException otherwise
   */
  void requireComplete() {
    for (OpenAPIRoute route : builder.getRoutes()) {
      if (!handled.contains(route.getOperation().getOperationId())) {
        throw new IllegalStateException(
            "nobody handles the operation " + route.getOperation().getOperationId());
      }
    }
  }
}
