package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.access.Sight;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.log.MetricsTail;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.orchestrator.ops.OrchestratorMetrics;
import dev.fewstep.schemas.message.MetricBatch;
import dev.fewstep.schemas.state.StateEntity;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.Want;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Tells open event streams what changes. Everything but the two listeners runs on one event loop,
 * which also owns the clients and the short history from which a client that comes back is served.
 */
final class EventHub implements AutoCloseable {
  private static final Set<StateEntity> TOLD =
      Set.of(
          StateEntity.EXPERIMENT,
          StateEntity.PLAN,
          StateEntity.TASK,
          StateEntity.LEASE,
          StateEntity.WORKER,
          StateEntity.INPUT);
  private static final int HISTORY = 4_096;
  private static final long FLUSH_MILLIS = 150;
  private static final int MAX_CLIENTS = 500;

  private final StateView state;
  private final OrchestratorMetrics metrics;
  private final Context context;
  private final Vertx vertx;
  private final Set<EventClient> clients = new LinkedHashSet<>();
  private final Deque<StateEvent> history = new ArrayDeque<>();
  private final List<StateView.Subscription> subscriptions;
  private final long timer;

  EventHub(Vertx vertx, StateView state, MetricsTail curves, OrchestratorMetrics metrics) {
    this.vertx = requireNonNull(vertx, "vertx");
    this.state = requireNonNull(state, "state");
    this.metrics = requireNonNull(metrics, "metrics");
    this.context = vertx.getOrCreateContext();
    this.subscriptions = List.of(state.subscribe(this::changed), curves.subscribe(this::measured));
    this.timer = vertx.setPeriodic(FLUSH_MILLIS, id -> context.runOnContext(ignored -> flush()));
  }

  /**
   * A change as streams tell it.
   *
   * @param about the experiments that it concerns
   */
  record StateEvent(long offset, StateRecord entry, Concern about) {}

  /**
   * What a change concerns.
   *
   * @param experiments those that it concerns; empty for all
   * @param projects theirs, of those that are still known
   */
  record Concern(Optional<Set<String>> experiments, Set<String> projects) {
    private static Concern of(Set<String> experiments, OrchestratorState fold) {
      Set<String> projects = new LinkedHashSet<>();
      experiments.forEach(id -> Sight.project(fold, id).ifPresent(projects::add));
      return new Concern(Optional.of(experiments), projects);
    }

    private static Concern everybody() {
      return new Concern(Optional.empty(), Set.of());
    }
  }

  /**
   * Adds a stream.
   *
   * @param client the stream, which has seen nothing yet
   * @param lastSeen the last offset that the client has seen, when it comes back
   */
  void add(EventClient client, OptionalLong lastSeen) {
    context.runOnContext(
        ignored -> {
          if (clients.size() >= MAX_CLIENTS) {
            var unused = client.drop();
            return;
          }
          client.startAt(state.offset());
          lastSeen.ifPresent(seen -> catchUp(client, seen));
          clients.add(client);
          metrics.eventClients(1);
          client.onEnd(() -> context.runOnContext(later -> remove(client)));
          client.flush();
        });
  }

  private void catchUp(EventClient client, long seen) {
    boolean known = !history.isEmpty() && history.getFirst().offset() <= seen + 1;
    if (!known && seen + 1 < state.offset()) {
      client.tellAll(state.offset());
      return;
    }
    for (StateEvent event : history) {
      if (event.offset() > seen) {
        client.tell(event);
      }
    }
  }

  private void remove(EventClient client) {
    if (clients.remove(client)) {
      metrics.eventClients(-1);
    }
  }

  /** On the state's thread. */
  private void changed(List<StateView.Change> changes) {
    List<StateEvent> events = new ArrayList<>();
    state.read(
        fold -> {
          for (StateView.Change change : changes) {
            StateEntity entity = StateEntity.ofKey(change.entry().key());
            if (TOLD.contains(entity)) {
              events.add(
                  new StateEvent(change.offset(), change.entry(), concern(entity, change, fold)));
            }
          }
          return events.size();
        });
    if (!events.isEmpty()) {
      context.runOnContext(ignored -> take(events));
    }
  }

  private static Concern concern(
      StateEntity entity, StateView.Change change, OrchestratorState fold) {
    String id = entity.id(change.entry().key());
    return switch (entity) {
      case EXPERIMENT -> Concern.of(Set.of(id), fold);
      case PLAN -> Concern.of(Set.of(id.substring(0, id.indexOf('/'))), fold);
      case TASK, LEASE -> Concern.of(wanting(fold, id), fold);
      default -> Concern.everybody();
    };
  }

  private static Set<String> wanting(OrchestratorState fold, String taskKey) {
    Set<String> wanting = new LinkedHashSet<>();
    fold.task(taskKey)
        .map(TaskRecord::wants)
        .orElse(List.of())
        .forEach((Want want) -> wanting.add(want.experimentId()));
    return wanting;
  }

  private void take(List<StateEvent> events) {
    for (StateEvent event : events) {
      history.addLast(event);
      if (history.size() > HISTORY) {
        history.removeFirst();
      }
      clients.forEach(client -> client.tell(event));
    }
  }

  /** On the metrics' thread. */
  private void measured(MetricBatch batch) {
    Concern about = state.read(fold -> Concern.of(wanting(fold, batch.taskKey()), fold));
    context.runOnContext(ignored -> clients.forEach(client -> client.tell(batch, about)));
  }

  private void flush() {
    for (EventClient client : List.copyOf(clients)) {
      if (client.stuck()) {
        metrics.eventClientDropped();
        remove(client);
        var unused = client.drop();
      } else if (client.shutOut()) {
        remove(client);
        var unused = client.drop();
      } else {
        client.flush();
      }
    }
  }

  @Override
  public void close() {
    subscriptions.forEach(StateView.Subscription::close);
    vertx.cancelTimer(timer);
    context.runOnContext(
        ignored -> {
          for (EventClient client : List.copyOf(clients)) {
            remove(client);
            var unused = client.drop();
          }
        });
  }
}
