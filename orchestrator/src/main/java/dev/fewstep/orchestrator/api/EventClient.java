package dev.fewstep.orchestrator.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.api.EventHub.StateEvent;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.MetricBatch;
import dev.fewstep.schemas.state.StateEntity;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One event stream. Of several changes of one entity between two flushes the last is sent; when too
 * much has changed, one event says so instead. For the hub's event loop.
 */
final class EventClient {
  private static final int MAX_CHANGES = 1_000;
  private static final int MAX_BATCHES = 500;
  private static final long HEARTBEAT = Duration.ofSeconds(15).toNanos();
  private static final long PATIENCE = Duration.ofSeconds(30).toNanos();

  private final HttpServerResponse response;
  private final Audience audience;
  private final Map<String, StateEvent> changes = new LinkedHashMap<>();
  private final Deque<MetricBatch> batches = new ArrayDeque<>();
  private long offset;
  private boolean all;
  private long lastWrite = System.nanoTime();
  private boolean greeted;

  EventClient(HttpServerResponse response, Audience audience) {
    this.response = response;
    this.audience = audience;
  }

  /** What it sees first comes after that offset. */
  void startAt(long first) {
    offset = first;
  }

  /** Is told when the stream is closed or breaks. */
  void onEnd(Runnable ended) {
    response.closeHandler(closed -> ended.run());
    response.exceptionHandler(broken -> ended.run());
  }

  /** Whether who listens may not do so any more. */
  boolean shutOut() {
    return !audience.admitted();
  }

  void tell(StateEvent event) {
    offset = Math.max(offset, event.offset());
    if (!audience.hears(event.about()) || all) {
      return;
    }
    changes.remove(event.entry().key());
    changes.put(event.entry().key(), event);
    if (changes.size() > MAX_CHANGES) {
      tellAll(offset);
    }
  }

  /** More has changed than is worth telling. */
  void tellAll(long upTo) {
    all = true;
    changes.clear();
    offset = Math.max(offset, upTo);
  }

  void tell(MetricBatch batch, EventHub.Concern about) {
    if (!audience.hears(about)) {
      return;
    }
    batches.addLast(batch);
    if (batches.size() > MAX_BATCHES) {
      batches.removeFirst();
    }
  }

  /** Whether the client has not read for so long that it is given up. */
  boolean stuck() {
    return response.writeQueueFull() && System.nanoTime() - lastWrite > PATIENCE;
  }

  Future<Void> drop() {
    return response.reset();
  }

  void flush() {
    if (response.closed() || response.writeQueueFull()) {
      return;
    }
    StringBuilder text = new StringBuilder();
    if (!greeted) {
      greeted = true;
      text.append("retry: 1000\nid: ").append(offset).append("\n: connected\n\n");
    }
    if (all) {
      event(
          text,
          Optional.of(offset),
          "state",
          Json.messages()
              .createObjectNode()
              .put("entity", "all")
              .put("key", "")
              .put("offset", offset));
      all = false;
    }
    changes
        .values()
        .forEach(change -> event(text, Optional.of(change.offset()), "state", json(change)));
    changes.clear();
    for (MetricBatch batch : batches) {
      ObjectNode data = Json.messages().createObjectNode().put("taskKey", batch.taskKey());
      data.put("attempt", batch.attempt());
      data.set("points", Json.toTree(batch.points()));
      if (!batch.lines().isEmpty()) {
        data.set("lines", Json.toTree(batch.lines()));
      }
      event(text, Optional.empty(), "metrics", data);
    }
    batches.clear();
    long now = System.nanoTime();
    if (text.isEmpty() && now - lastWrite > HEARTBEAT) {
      text.append(": still here\n\n");
    }
    if (!text.isEmpty()) {
      lastWrite = now;
      var unused = response.write(text.toString());
    }
  }

  private static void event(StringBuilder text, Optional<Long> id, String name, ObjectNode data) {
    id.ifPresent(value -> text.append("id: ").append(value).append('\n'));
    text.append("event: ").append(name).append('\n');
    text.append("data: ").append(Json.toText(data)).append("\n\n");
  }

  private ObjectNode json(StateEvent event) {
    StateEntity entity = StateEntity.ofKey(event.entry().key());
    ObjectNode data =
        Json.messages()
            .createObjectNode()
            .put("entity", entity.prefix())
            .put("key", entity.id(event.entry().key()))
            .put("offset", event.offset());
    if (entity != StateEntity.PLAN
        && entity != StateEntity.EXPERIMENT
        && audience.seesWhole(event.about())) {
      event.entry().value().ifPresent(value -> data.set("value", Json.toTree(value)));
    }
    return data;
  }
}
