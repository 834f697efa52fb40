package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.access.AuditEntry;
import dev.fewstep.orchestrator.access.Caller;
import dev.fewstep.orchestrator.access.Limits;
import dev.fewstep.orchestrator.access.RateLimit;
import dev.fewstep.orchestrator.log.AuditLog;
import dev.fewstep.schemas.Json;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Notes who asks for what may change something, and shows what was noted. */
final class AuditTrail {
  private static final Logger AUDIT = LoggerFactory.getLogger("dev.fewstep.audit");

  /** What a request is noted as that was refused before it was known what it asks for. */
  static final String REFUSED = "refused";

  private static final int ADDRESSES = 10;

  private final AuditLog log;
  private final Clock clock;
  private final RateLimit ofAddress;
  private final RateLimit ofAll;
  private final AtomicLong unnoted = new AtomicLong();

  AuditTrail(AuditLog log, Limits limits, Clock clock) {
    this.log = requireNonNull(log, "log");
    this.clock = requireNonNull(clock, "clock");
    this.ofAddress = limits.refusals().limit();
    this.ofAll = limits.refusals().times(ADDRESSES).limit();
  }

  void mount(Operations operations, Replies replies) {
    operations.on("listAudit", context -> list(context, replies));
  }

  /**
   * Notes a request that is refused, unless too many were: who has no right must not be able to
   * fill the topic. How many were left out is told with the next that is noted.
   */
  void refused(RoutingContext context, String operationId) {
    Instant now = clock.instant();
    String from = address(context);
    if (ofAddress.take(from, 1, now).isZero() && ofAll.take("", 1, now).isZero()) {
      long before = unnoted.getAndSet(0);
      if (before > 0) {
        AUDIT.warn(
            "{} refused requests before this one are not noted: there were too many", before);
      }
      follow(context, operationId);
    } else {
      unnoted.incrementAndGet();
    }
  }

  private static String address(RoutingContext context) {
    return Optional.ofNullable(context.request().remoteAddress())
        .map(SocketAddress::hostAddress)
        .orElse("-");
  }

  /** Notes a request when it is answered. */
  void follow(RoutingContext context, String operationId) {
    String target = plain(context.normalizedPath());
    String from = address(context);
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
