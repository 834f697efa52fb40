package dev.fewstep.chaos.check;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.message.InboxMessage;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.InboxPosition;
import dev.fewstep.schemas.state.LeaderRecord;
import dev.fewstep.schemas.state.StateEntity;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TaskResult;
import dev.fewstep.schemas.state.WorkerRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Reads the topics as they grow and checks, record by record, what must hold of every history. It
 * knows the records and none of the orchestrator's rules. Safe for use by several threads.
 */
public final class HistoryChecker {
  private final Findings findings;
  private final Map<String, TaskRecord> tasks = new HashMap<>();
  private final Map<String, Map<Integer, TaskResult>> accepted = new HashMap<>();
  private final Map<String, ExperimentRecord> experiments = new TreeMap<>();
  private final Map<UUID, WorkerRecord> workers = new HashMap<>();
  private final Map<String, UUID> bound = new HashMap<>();
  private final Map<String, UUID> boundOnControl = new HashMap<>();
  private final Map<UUID, Report.Succeeded> successes = new HashMap<>();
  private final Map<String, Set<UUID>> executions = new HashMap<>();
  private final Map<String, byte[]> published = new HashMap<>();
  private final Runs runs = new Runs();
  private final List<Term> terms = new ArrayList<>();
  private final Set<String> publishedNow = new HashSet<>();
  private final Set<UUID> workersNow = new HashSet<>();
  private long position = -1;
  private long started;
  private long failures;

  /** A leader and when its first decisions were committed. */
  public record Term(long number, Instant at) {
    public Term {
      requireNonNull(at, "at");
    }
  }

  /** A checker of a history that begins empty. */
  public HistoryChecker(Findings findings) {
    this.findings = requireNonNull(findings, "findings");
  }

  /** A record of the state topic, in order. */
  public synchronized void state(long offset, Instant at, StateRecord change) {
    if (change.value().isEmpty()) {
      forget(change.key());
      return;
    }
    Object value = change.value().get();
    if (value instanceof TaskRecord task) {
      task(offset, at, task);
    } else if (value instanceof WorkerRecord worker) {
      workers.put(worker.workerId(), worker);
      workersNow.add(worker.workerId());
    } else if (value instanceof ExperimentRecord experiment) {
      experiments.put(experiment.id(), experiment);
    } else if (value instanceof LeaderRecord leader) {
      long last = terms.isEmpty() ? 0 : terms.get(terms.size() - 1).number();
      findings.check(
          leader.term() == last + 1,
          Invariant.INBOX_IN_ORDER,
          "leader",
          offset,
          "term " + leader.term() + " follows term " + last);
      terms.add(new Term(leader.term(), at));
    } else if (value instanceof InboxPosition read) {
      findings.check(
          read.offset() >= position,
          Invariant.INBOX_IN_ORDER,
          "position",
          offset,
          "position " + read.offset() + " follows " + position);
      position = read.offset();
      endOfTransaction(offset);
    }
  }

  private void forget(String key) {
    if (StateEntity.ofKey(key) == StateEntity.WORKER) {
      UUID id = UUID.fromString(StateEntity.WORKER.id(key));
      workers.remove(id);
      workersNow.add(id);
    } else if (StateEntity.ofKey(key) == StateEntity.EXPERIMENT) {
      experiments.remove(StateEntity.EXPERIMENT.id(key));
    } else if (StateEntity.ofKey(key) == StateEntity.TASK) {
      tasks.remove(StateEntity.TASK.id(key));
    }
  }

  private void task(long offset, Instant at, TaskRecord now) {
    Optional<TaskRecord> known = Optional.ofNullable(tasks.put(now.key(), now));
    String key = now.key();
    known.ifPresent(before -> compare(offset, before, now));
    if (now.state() == TaskState.SUCCEEDED) {
      TaskResult result = now.result().orElseThrow();
      TaskResult first =
          accepted.computeIfAbsent(key, k -> new HashMap<>()).putIfAbsent(now.generation(), result);
      findings.check(
          first == null || first.equals(result),
          Invariant.NOTHING_DOUBLE,
          key,
          offset,
          "generation " + now.generation() + " accepted " + first + ", then " + result);
    }
    now.executionId()
        .ifPresent(
            execution -> {
              UUID other = bound.putIfAbsent(key + "/" + now.attempt(), execution);
              findings.check(
                  other == null || other.equals(execution),
                  Invariant.ONE_EXECUTION,
                  key,
                  offset,
                  "attempt " + now.attempt() + " is held by " + other + " and by " + execution);
              if (other == null) {
                dependencies(offset, now);
              }
            });
    runs.follow(at, now);
    if (now.published()
        && !known
            .map(before -> before.dispatchDeadline().equals(now.dispatchDeadline()))
            .orElse(false)) {
      publishedNow.add(key);
    }
  }

  private void compare(long offset, TaskRecord before, TaskRecord now) {
    String key = now.key();
    findings.check(
        now.generation() >= before.generation() && now.attempt() >= before.attempt(),
        Invariant.ATTEMPTS_RISE,
        key,
        offset,
        "generation %d, attempt %d follow %d, %d"
            .formatted(now.generation(), now.attempt(), before.generation(), before.attempt()));
    if (!before.state().isTerminal()) {
      return;
    }
    if (now.generation() == before.generation()) {
      findings.check(
          now.state() == before.state(),
          Invariant.TERMINAL_IS_TERMINAL,
          key,
          offset,
          before.state() + " became " + now.state() + " in generation " + now.generation());
    } else {
      findings.check(
          before.state() != TaskState.SUCCEEDED,
          Invariant.SUCCESS_STAYS,
          key,
          offset,
          "generation " + now.generation() + " was begun after a success");
    }
  }

  private void dependencies(long offset, TaskRecord task) {
    for (String needed : task.dependsOn()) {
      TaskRecord upstream = tasks.get(needed);
      findings.check(
          upstream != null && upstream.state() == TaskState.SUCCEEDED,
          Invariant.DEPENDENCIES_FIRST,
          task.key(),
          offset,
          "started while " + needed + " is " + (upstream == null ? "unknown" : upstream.state()));
    }
  }

  /**
   * Credit is judged where a transaction ends, since of several values of one entity the last is
   * written: workers that changed within the transaction may have been idle when it mattered.
   */
  private void endOfTransaction(long offset) {
    if (!publishedNow.isEmpty()) {
      Map<String, Long> out = new HashMap<>();
      tasks.values().stream()
          .filter(TaskRecord::published)
          .forEach(task -> out.merge(task.deviceClass(), 1L, Long::sum));
      Set<String> classes = new HashSet<>();
      publishedNow.forEach(key -> classes.add(tasks.get(key).deviceClass()));
      for (String deviceClass : classes) {
        long idle =
            workers.values().stream()
                .filter(worker -> worker.deviceClass().equals(deviceClass))
                .filter(worker -> worker.idle() || workersNow.contains(worker.workerId()))
                .count();
        long gone = workersNow.stream().filter(id -> !workers.containsKey(id)).count();
        findings.check(
            out.getOrDefault(deviceClass, 0L) <= idle + gone,
            Invariant.CREDIT,
            deviceClass,
            offset,
            out.get(deviceClass) + " tasks are published to " + idle + " idle workers");
      }
    }
    publishedNow.clear();
    workersNow.clear();
  }

  /** A record of the inbox. */
  public synchronized void inbox(InboxMessage message) {
    if (message instanceof Report.Succeeded succeeded) {
      successes.putIfAbsent(succeeded.executionId(), succeeded);
    } else if (message instanceof Report.Started start) {
      started++;
      executions.computeIfAbsent(start.taskKey(), k -> new HashSet<>()).add(start.executionId());
    } else if (message instanceof Report.Failed) {
      failures++;
    }
  }

  /** A record of a task topic. */
  public synchronized void published(TaskMessage message) {
    published.put(message.taskKey() + "/" + message.attempt(), Json.toBytes(message));
  }

  /** A record of the control topic. */
  public synchronized void control(long offset, ControlMessage message) {
    message
        .executionId()
        .ifPresent(
            execution -> {
              UUID other =
                  boundOnControl.putIfAbsent(
                      message.taskKey() + "/" + message.attempt(), execution);
              findings.check(
                  other == null || other.equals(execution),
                  Invariant.ONE_EXECUTION,
                  message.taskKey(),
                  offset,
                  "control gave attempt "
                      + message.attempt()
                      + " to "
                      + other
                      + " and to "
                      + execution);
            });
  }

  /** What can be said when the history is over: everything ended, and every result was reported. */
  public synchronized void end() {
    for (TaskRecord task : tasks.values()) {
      findings.check(
          task.state().isTerminal(),
          Invariant.NOTHING_LOST,
          task.key(),
          -1,
          task.kind() + " is " + task.state() + " at attempt " + task.attempt());
      task.result().ifPresent(result -> reported(task, result));
    }
    for (ExperimentRecord experiment : experiments.values()) {
      findings.check(
          experiment.planned() == experiment.trials() || experiment.cancelledAt().isPresent(),
          Invariant.NOTHING_LOST,
          experiment.id(),
          -1,
          experiment.planned() + " of " + experiment.trials() + " trials are planned");
    }
  }

  private void reported(TaskRecord task, TaskResult result) {
    Optional<Report.Succeeded> report = Optional.ofNullable(successes.get(result.executionId()));
    findings.check(
        report
            .filter(said -> said.taskKey().equals(task.key()))
            .filter(said -> said.attempt() == result.attempt())
            .filter(said -> said.artifacts().equals(result.artifacts()))
            .filter(said -> said.scores().equals(result.scores()))
            .isPresent(),
        Invariant.RESULT_WAS_REPORTED,
        task.key(),
        -1,
        "accepted " + result + ", reported " + report);
  }

  /** The tasks as they are now. */
  public synchronized List<TaskRecord> tasks() {
    return List.copyOf(tasks.values());
  }

  /** The experiments as they are now. */
  public synchronized List<ExperimentRecord> experiments() {
    return List.copyOf(experiments.values());
  }

  /** How many tasks ended. */
  public synchronized long ended() {
    return tasks.values().stream().filter(task -> task.state().isTerminal()).count();
  }

  /** How many tasks have not ended. */
  public synchronized long open() {
    return tasks.size() - ended();
  }

  /** Who held what. */
  public synchronized List<Run> runs() {
    return runs.all();
  }

  /** Ids of the workers that hold a task now. */
  public synchronized Set<String> holders() {
    return runs.holders();
  }

  /** The leaders. */
  public synchronized List<Term> terms() {
    return List.copyOf(terms);
  }

  /** The message that published an attempt. */
  public synchronized Optional<TaskMessage> message(String taskKey, int attempt) {
    return Optional.ofNullable(published.get(taskKey + "/" + attempt))
        .map(bytes -> Json.fromBytes(bytes, TaskMessage.class));
  }

  /** All successes that were reported, whether accepted or not. */
  public synchronized List<Report.Succeeded> successes() {
    return List.copyOf(successes.values());
  }

  /** How many executions began to work on a task. */
  public synchronized int executions(String taskKey) {
    return executions.getOrDefault(taskKey, Set.of()).size();
  }

  /** Executions and failures that were reported. */
  public synchronized long[] reports() {
    return new long[] {started, failures};
  }
}
