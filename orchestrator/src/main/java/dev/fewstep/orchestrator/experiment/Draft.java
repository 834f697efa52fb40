package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.message.WorkerOrder;
import dev.fewstep.schemas.state.CachedRecord;
import dev.fewstep.schemas.state.ClaimRecord;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.HandBack;
import dev.fewstep.schemas.state.LeaseRecord;
import dev.fewstep.schemas.state.PastExecution;
import dev.fewstep.schemas.state.ProjectRecord;
import dev.fewstep.schemas.state.ScheduleRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskFailure;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TokenRecord;
import dev.fewstep.schemas.state.Want;
import dev.fewstep.schemas.state.WorkerRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** A decision in the making: what has been decided so far lies over the state. */
final class Draft {
  /** How exactly it is known when an experiment was last served. */
  private static final Duration SERVED_AGAIN = Duration.ofSeconds(30);

  private final OrchestratorState state;
  private final Instant recordTime;
  private final Instant now;
  private final Map<String, StateRecord> changes = new LinkedHashMap<>();
  private final List<TaskToPublish> tasks = new ArrayList<>();
  private final Map<String, ControlMessage> controls = new LinkedHashMap<>();
  private final Set<String> forgotten = new LinkedHashSet<>();
  private final Map<UUID, WorkerOrder> orders = new LinkedHashMap<>();
  private final List<Check> checks = new ArrayList<>();
  private final List<Transition> transitions = new ArrayList<>();
  private boolean more;

  Draft(OrchestratorState state, Instant recordTime, Instant now) {
    this.state = state;
    this.recordTime = recordTime;
    this.now = now;
  }

  OrchestratorState state() {
    return state;
  }

  Instant recordTime() {
    return recordTime;
  }

  Instant now() {
    return now;
  }

  /** Whether a silence that began at {@code since} has outlasted {@code bound} in this term. */
  boolean silent(Instant since, Duration bound) {
    Instant from = state.leader().map(leader -> later(leader.since(), since)).orElse(since);
    return from.plus(bound).isBefore(recordTime);
  }

  private static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }

  void put(StateRecord entry) {
    changes.put(entry.key(), entry);
  }

  private <T> Optional<T> overlaid(String key, Class<T> type, Optional<T> stored) {
    StateRecord changed = changes.get(key);
    return changed == null ? stored : changed.value().map(type::cast);
  }

  Optional<TaskRecord> task(String key) {
    return overlaid("task/" + key, TaskRecord.class, state.task(key));
  }

  Optional<LeaseRecord> lease(String taskKey) {
    return overlaid("lease/" + taskKey, LeaseRecord.class, state.lease(taskKey));
  }

  Optional<ClaimRecord> claim(String taskKey) {
    return overlaid("claim/" + taskKey, ClaimRecord.class, state.claim(taskKey));
  }

  Optional<CachedRecord> cached(String taskKey) {
    return overlaid("cached/" + taskKey, CachedRecord.class, state.cached(taskKey));
  }

  Optional<WorkerRecord> worker(UUID id) {
    return overlaid("worker/" + id, WorkerRecord.class, state.worker(id));
  }

  Optional<ExperimentRecord> experiment(String id) {
    return overlaid("experiment/" + id, ExperimentRecord.class, state.experiment(id));
  }

  Optional<ScheduleRecord> schedule(String name) {
    return overlaid("schedule/" + name, ScheduleRecord.class, state.schedules().schedule(name));
  }

  Optional<TokenRecord> token(String id) {
    return overlaid("token/" + id, TokenRecord.class, state.tokens().token(id));
  }

  ProjectRecord project(String name) {
    return overlaid("project/" + name, ProjectRecord.class, Optional.of(state.project(name)))
        .orElseGet(() -> ProjectRecord.unset(name));
  }

  /** The workers as decided so far. */
  List<WorkerRecord> workers() {
    return state.workers().stream()
        .map(worker -> worker(worker.workerId()))
        .flatMap(Optional::stream)
        .toList();
  }

  /** Moves a task; refuses what the transition table does not have. */
  TaskRecord move(TaskRecord task, Transition.Trigger trigger, TaskRecord.Builder changed) {
    TaskRecord next = changed.build();
    if (task.state() == TaskState.RUNNING && next.state() != TaskState.SUCCEEDED) {
      next = changed.past(ended(task, trigger, next)).build();
    }
    transitions.add(Transition.require(task.state(), trigger, next.state()));
    put(StateRecord.of(next));
    return next;
  }

  /** How the execution of a running task ended that does not succeed by this move. */
  private PastExecution ended(TaskRecord task, Transition.Trigger trigger, TaskRecord next) {
    PastExecution.End end =
        switch (trigger) {
          case LEASE_LOST, POISONED -> PastExecution.End.LOST;
          case RELEASED -> PastExecution.End.HANDED_BACK;
          case WITHDRAWN -> PastExecution.End.WITHDRAWN;
          default -> PastExecution.End.FAILED;
        };
    String why =
        switch (end) {
          case FAILED -> next.failure().map(TaskFailure::message).orElse("");
          case LOST -> "it fell silent";
          case HANDED_BACK -> next.handedBack().map(HandBack::why).orElse("");
          case WITHDRAWN -> "no experiment wants the task any more";
        };
    return new PastExecution(
        task.attempt(),
        task.executionId().orElseThrow(),
        task.workerId().orElseThrow(),
        task.startedAt().orElseThrow(),
        recordTime,
        end,
        why);
  }

  /** Ends a task: nothing of it is to be started or kept running any more. */
  TaskRecord end(TaskRecord task, Transition.Trigger trigger, TaskRecord.Builder changed) {
    TaskRecord next = move(task, trigger, changed.finishedAt(recordTime));
    release(task);
    if (claim(task.key()).isPresent()) {
      put(StateRecord.noClaim(task.key()));
    }
    control(next);
    return next;
  }

  /**
   * Takes the lease back; until now the experiments that want the task were served. A reported
   * success of another execution goes on being verified.
   */
  void release(TaskRecord task) {
    if (lease(task.key()).isPresent()) {
      served(task);
      put(StateRecord.noLease(task.key()));
    }
  }

  /** Notes a move of an experiment's view that leaves the task where it is. */
  void viewMoved(TaskState from, Transition.Trigger trigger, TaskState to) {
    transitions.add(Transition.require(from, trigger, to));
  }

  /** Tells workers where a task stands. */
  void control(TaskRecord task) {
    controls.put(
        task.key(),
        new ControlMessage(
            task.key(),
            task.attempt(),
            task.executionId(),
            task.state().isTerminal(),
            task.state() == TaskState.RUNNING
                && lease(task.key()).map(LeaseRecord::askedBack).orElse(false)));
  }

  /**
   * Asks the execution of a running task to checkpoint and to hand the task back; asks it once.
   *
   * @param why half a sentence for people
   * @return whether it was asked now
   */
  boolean handBack(TaskRecord task, HandBack.Cause cause, String why) {
    Optional<LeaseRecord> lease = lease(task.key()).filter(held -> !held.askedBack());
    lease.ifPresent(
        held -> {
          put(StateRecord.of(held.askedBack(new HandBack(recordTime, cause, why))));
          control(task);
        });
    return lease.isPresent();
  }

  /** Notes that the experiments that want a task are served. */
  void served(TaskRecord task) {
    for (Want want : task.wants()) {
      if (want.settled().isEmpty()) {
        served(want.experimentId());
      }
    }
  }

  /** Notes that an experiment is served, unless that was noted a moment ago. */
  void served(String experimentId) {
    experiment(experimentId)
        .filter(
            known ->
                known.servedAt().map(at -> at.plus(SERVED_AGAIN).isBefore(recordTime)).orElse(true))
        .ifPresent(known -> put(StateRecord.of(known.edit().servedAt(recordTime).build())));
  }

  /** Tells a worker what it is asked. */
  void order(WorkerOrder order) {
    orders.put(order.workerId(), order);
  }

  /** Lets workers forget a task: nobody works on it, and nobody ever will under this record. */
  void forget(String taskKey) {
    controls.remove(taskKey);
    forgotten.add(taskKey);
  }

  void publish(TaskToPublish task) {
    tasks.add(task);
  }

  void check(Check check) {
    checks.add(check);
  }

  void more() {
    more = true;
  }

  boolean changed() {
    return !changes.isEmpty();
  }

  Decision decision() {
    return new Decision(
        List.copyOf(changes.values()),
        tasks,
        List.copyOf(controls.values()),
        List.copyOf(forgotten),
        List.copyOf(orders.values()),
        checks,
        transitions,
        more);
  }
}
