package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.access.AuditEntry;
import dev.fewstep.orchestrator.access.Caller;
import dev.fewstep.orchestrator.log.AuditLog;
import dev.fewstep.schemas.Json;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import java.time.Clock;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Notes who asks for what may change something, and shows what was noted. */
final class AuditTrail {
  private static final Logger AUDIT = LoggerFactory.getLogger("dev.fewstep.audit");

  private final AuditLog log;
  private final Clock clock;

  AuditTrail(AuditLog log, Clock clock) {
    this.log = requireNonNull(log, "log");
    this.clock = requireNonNull(clock, "clock");
  }

  void mount(Operations operations, Replies replies) {
    operations.on("listAudit", context -> list(context, replies));
  }

  /** Notes a request when it is answered. */
  void follow(RoutingContext context, String operationId) {
    String target = plain(context.normalizedPath());
    String from =
        Optional.ofNullable(context.request().remoteAddress())
            .map(SocketAddress::hostAddress)
            .orElse("-");
    Optional<String> command =
        Optional.ofNullable(context.request().getHeader("Idempotency-Key")).map(AuditTrail::plain);
    context.addEndHandler(
        ended -> {
          // Who signs in is known by then.
          Caller caller = AccessGate.caller(context);
          AuditEntry entry =
              new AuditEntry(
                  clock.instant(),
                  plain(caller.name()),
                  caller.tokenId(),
                  operationId,
                  target,
                  context.response().getStatusCode(),
                  command,
                  from);
          AUDIT.info(
              "operation={} target={} caller=\"{}\" token={} status={} from={}",
              entry.operation(),
              entry.target(),
              entry.caller(),
              entry.tokenId().orElse("-"),
              entry.status(),
              entry.from());
          log.write(entry);
        });
  }

  /** Without what could make two lines of one, and no longer than a line. */
  private static String plain(String text) {
    String line = text.replaceAll("[\\p{Cntrl}\"\\u2028\\u2029]", "_");
    return line.length() > 300 ? line.substring(0, 300) + "…" : line;
  }

  private void list(RoutingContext context, Replies replies) {
    int limit = Replies.limit(context);
    Optional<String> after = Replies.query(context, "after");
    OptionalLong before =
        after.isPresent() ? OptionalLong.of(Long.parseLong(after.get())) : OptionalLong.empty();
    replies
        .blocking(() -> log.newest(before, limit))
        .onSuccess(
            found -> {
              ObjectNode view = Json.messages().createObjectNode();
              ArrayNode items = view.putArray("items");
              found.forEach(place -> items.add(Json.toTree(place.entry())));
              if (found.size() == limit && found.get(limit - 1).offset() > 0) {
                view.put("next", Long.toString(found.get(limit - 1).offset()));
              }
              replies.send(context, 200, view);
            })
        .onFailure(context::fail);
  }
}
