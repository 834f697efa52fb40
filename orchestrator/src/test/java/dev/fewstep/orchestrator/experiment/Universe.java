package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.message.InboxMessage;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.schemas.state.StateRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Kafka and a leader, in memory: producers whose messages wait in their own order, an inbox with
 * record times, transactions that are committed or aborted, the compacted state through its bytes,
 * the topics of tasks and of control, and the store's questions.
 */
final class Universe {
  /** Small chunks and short bounds, so that every rule has its turn within few steps. */
  static final Settings SETTINGS =
      new Settings(
          Duration.ofSeconds(30),
          Duration.ofSeconds(20),
          Duration.ofSeconds(30),
          Duration.ofMinutes(2),
          Duration.ofDays(7),
          3,
          2,
          3);

  private static final int RESTS_WITHIN = 3_000;

  private record Entry(InboxMessage message, Instant at) {}

  private final StateCodec codec = new StateCodec();
  private final Map<String, Deque<InboxMessage>> producers = new TreeMap<>();
  private final List<Entry> inbox = new ArrayList<>();
  private final List<StateRecord> log = new ArrayList<>();
  private final Map<String, byte[]> compacted = new LinkedHashMap<>();
  private final Map<String, Deque<TaskMessage>> tasks = new TreeMap<>();
  private final Map<String, ControlMessage> control = new HashMap<>();
  private final Deque<Check> checks = new ArrayDeque<>();

  private Invariants committedInvariants = new Invariants();
  private Invariants invariants = new Invariants();
  private final List<Decision> batch = new ArrayList<>();
  private final OrchestratorState view = new OrchestratorState();
  private OrchestratorState state = view.copy();
  private Decider decider = new Decider(SETTINGS);
  private int committedPosition;
  private int position;
  private int inputs;
  private boolean more = true;

  private Instant clock = Instant.parse("2026-01-01T00:00:00Z");
  private Duration skew = Duration.ZERO;
  private Instant lastRead = clock;
  private Instant readAt = clock;

  Universe() {
    elect();
  }

  OrchestratorState state() {
    return state;
  }

  Instant clock() {
    return clock;
  }

  Deque<TaskMessage> topic(String deviceClass) {
    return tasks.computeIfAbsent(deviceClass, name -> new ArrayDeque<>());
  }

  Optional<ControlMessage> control(String taskKey) {
    return Optional.ofNullable(control.get(taskKey));
  }

  // Time.

  private Instant brokerTime() {
    return clock.plus(skew);
  }

  void pass(Duration duration) {
    clock = clock.plus(duration);
  }

  /** The broker's clock jumps, forward or back: the next one to append has another. */
  void jump(Duration by) {
    skew = skew.plus(by);
  }

  /** The append time of the last record read and what has passed since. */
  private Instant tickTime() {
    return lastRead.plus(Duration.between(readAt, clock));
  }

  private void read(Instant appendedAt) {
    lastRead = appendedAt;
    readAt = clock;
  }

  // Producers.

  void send(String producer, InboxMessage message) {
    producers.computeIfAbsent(producer, name -> new ArrayDeque<>()).add(message);
  }

  private List<Deque<InboxMessage>> waiting() {
    return producers.values().stream().filter(queue -> !queue.isEmpty()).toList();
  }

  /** Appends the next message of some producer. */
  void deliver(int choice) {
    List<Deque<InboxMessage>> waiting = waiting();
    if (!waiting.isEmpty()) {
      append(waiting.get(choice % waiting.size()).removeFirst());
    }
  }

  void deliverAll(int choice) {
    for (int i = choice; !waiting().isEmpty(); i++) {
      deliver(i);
    }
  }

  /** Appends the next message of some producer, which will be appended again. */
  void repeat(int choice) {
    List<Deque<InboxMessage>> waiting = waiting();
    if (!waiting.isEmpty()) {
      append(waiting.get(choice % waiting.size()).getFirst());
    }
  }

  /** The next message of some producer never comes. */
  void lose(int choice) {
    List<Deque<InboxMessage>> waiting = waiting();
    if (!waiting.isEmpty()) {
      waiting.get(choice % waiting.size()).removeFirst();
    }
  }

  /** All that a producer has not sent never comes. */
  void silence(String producer) {
    producers.remove(producer);
  }

  private void append(InboxMessage message) {
    inbox.add(new Entry(message, brokerTime()));
  }

  // The leader.

  /** Reads, decides and ticks once; nothing is written yet. */
  private void advance(int records, boolean lagging) {
    int end = Math.min(inbox.size(), position + records);
    while (position < end) {
      Entry entry = inbox.get(position++);
      read(entry.at());
      apply(new Input.Received(entry.message(), entry.at()));
      if (entry.message() instanceof Command command) {
        invariants.decided(command, state);
      }
    }
    more = apply(new Input.Tick(tickTime(), lagging || position < inbox.size())).more();
  }

  private Decision apply(Input input) {
    inputs++;
    Decision decision = invariants.decide(decider, input, state, clock, inputs % 11 == 0);
    for (StateRecord change : decision.changes()) {
      invariants.change(change, state);
      state.replay(change);
    }
    invariants.published(decision, state);
    batch.add(decision);
    return decision;
  }

  /** A transaction that is committed. */
  void lead(int records, boolean lagging) {
    advance(records, lagging);
    commit();
  }

  /** A transaction that is aborted: another leads, from what was committed. */
  void abort(int records) {
    advance(records, false);
    restart();
  }

  private void commit() {
    for (Decision decision : batch) {
      for (StateRecord change : decision.changes()) {
        log.add(change);
        // A compacted topic keeps the last value where it was written.
        compacted.remove(change.key());
        Optional<byte[]> written = codec.encode(change);
        written.ifPresent(bytes -> compacted.put(change.key(), bytes));
        view.replay(codec.decode(change.key(), written));
      }
      decision.tasks().forEach(task -> topic(task.deviceClass()).add(task.message()));
      decision.forgotten().forEach(control::remove);
      decision.controls().forEach(message -> control.put(message.taskKey(), message));
      checks.addAll(decision.checks());
    }
    batch.clear();
    committedPosition = position;
    committedInvariants = invariants.copy();
  }

  /** Another leader: what was not committed is forgotten, and what the store was asked. */
  void restart() {
    batch.clear();
    checks.clear();
    position = committedPosition;
    invariants = committedInvariants.copy();
    state = view.copy();
    decider = new Decider(SETTINGS);
    read(brokerTime());
    elect();
  }

  private void elect() {
    apply(new Input.Elected(tickTime()));
    more = true;
    commit();
  }

  /** Commits until nothing moves and nothing is unread; the store says what is there. */
  void settle(Predicate<Check> present) {
    for (int i = 0; i < RESTS_WITHIN; i++) {
      while (!checks.isEmpty()) {
        answer(0, present.test(checks.getFirst()));
      }
      lead(inbox.size(), false);
      if (!more && position == inbox.size() && checks.isEmpty()) {
        assertThat(apply(new Input.Tick(tickTime(), false)).changes()).as("it rests").isEmpty();
        commit();
        return;
      }
    }
    throw new AssertionError("the decider never comes to rest");
  }

  /** Commits until nothing moves; the store is silent. */
  void rest() {
    for (int i = 0; i < RESTS_WITHIN; i++) {
      lead(inbox.size(), false);
      if (!more) {
        return;
      }
    }
    throw new AssertionError("the decider never comes to rest");
  }

  /** The store answers one of its questions. */
  void answer(int choice, boolean present) {
    if (checks.isEmpty()) {
      return;
    }
    List<Check> open = new ArrayList<>(checks);
    Check check = open.remove(choice % open.size());
    checks.clear();
    checks.addAll(open);
    if (check instanceof Check.Manifest manifest) {
      apply(new Input.Verified(manifest.report(), present, tickTime()));
    } else {
      apply(new Input.ArtifactsChecked(check.taskKey(), present, tickTime()));
    }
    more = true;
    commit();
  }

  // What must hold.

  private OrchestratorState compactedState() {
    OrchestratorState fresh = new OrchestratorState();
    compacted.forEach((key, bytes) -> fresh.replay(codec.decode(key, Optional.of(bytes))));
    return fresh;
  }

  void check() {
    invariants.nothingForgotten(state);
  }

  /** The leader's state is what the log folds to, and what the compacted log folds to. */
  void checkReplay() {
    assertThat(batch).as("nothing is uncommitted").isEmpty();
    String here = StateText.of(state);
    assertThat(StateText.of(StateText.fold(log))).as("the log, replayed").isEqualTo(here);
    assertThat(StateText.of(compactedState())).as("the compacted log, replayed").isEqualTo(here);
    assertThat(StateText.of(view)).as("what another replica folds").isEqualTo(here);
    assertThat(StateText.of(view.copy())).as("what its next leader begins with").isEqualTo(here);
  }
}
