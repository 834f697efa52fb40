package dev.fewstep.schemas.state;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A task. Its specification is not here: it is derived from its origin.
 *
 * @param key task key
 * @param kind kind of task
 * @param state where it stands
 * @param generation 1, and one more each time it was begun anew after it had ended
 * @param origin where its specification is derived from
 * @param wants the experiments that want it, first come first
 * @param dependsOn keys of the tasks whose results it needs
 * @param deviceClass class of device that it runs on
 * @param createdAt record time
 * @param attempt the attempt that counts now, from 1; never falls, not even over generations
 * @param charged attempts of this generation charged to the retry budget
 * @param losses executions in a row that fell silent without getting further than any before
 * @param furthestStep the furthest step that any execution reported
 * @param notBefore end of its backoff
 * @param dispatchDeadline when a published attempt is published again; empty when none is out
 * @param executionId execution bound to the attempt
 * @param workerId its worker
 * @param startedAt when it started, record time
 * @param finishedAt when the task ended, record time
 * @param checkpoint where the next attempt resumes
 * @param result the accepted success; of an earlier generation while a new one runs
 * @param failure the last failure
 * @param handedBack why its last execution handed it back; empty once it is started again
 * @param past executions that ended without its success, oldest first; the newest {@link
 *     PastExecution#MOST}
 */
public record TaskRecord(
    String key,
    TaskKind kind,
    TaskState state,
    int generation,
    TaskOrigin origin,
    List<Want> wants,
    List<String> dependsOn,
    String deviceClass,
    Instant createdAt,
    int attempt,
    int charged,
    int losses,
    long furthestStep,
    Optional<Instant> notBefore,
    Optional<Instant> dispatchDeadline,
    Optional<UUID> executionId,
    Optional<UUID> workerId,
    Optional<Instant> startedAt,
    Optional<Instant> finishedAt,
    Optional<CheckpointRef> checkpoint,
    Optional<TaskResult> result,
    Optional<TaskFailure> failure,
    Optional<HandBack> handedBack,
    List<PastExecution> past)
    implements StateValue {
  public TaskRecord {
    requireNonNull(key, "key");
    requireNonNull(kind, "kind");
    requireNonNull(state, "state");
    requireNonNull(origin, "origin");
    wants = List.copyOf(wants);
    dependsOn = List.copyOf(dependsOn);
    requireNonNull(deviceClass, "deviceClass");
    requireNonNull(createdAt, "createdAt");
    require(generation >= 1 && attempt >= 1, "generation and attempt count from 1");
    notBefore = notBefore == null ? Optional.empty() : notBefore;
    dispatchDeadline = dispatchDeadline == null ? Optional.empty() : dispatchDeadline;
    executionId = executionId == null ? Optional.empty() : executionId;
    workerId = workerId == null ? Optional.empty() : workerId;
    startedAt = startedAt == null ? Optional.empty() : startedAt;
    finishedAt = finishedAt == null ? Optional.empty() : finishedAt;
    checkpoint = checkpoint == null ? Optional.empty() : checkpoint;
    result = result == null ? Optional.empty() : result;
    failure = failure == null ? Optional.empty() : failure;
    handedBack = handedBack == null ? Optional.empty() : handedBack;
    past = past == null ? List.of() : List.copyOf(past);
    require(
        (state == TaskState.RUNNING) == executionId.isPresent(),
        "task %s: exactly a running task has an execution",
        key);
    require(
        dispatchDeadline.isEmpty() || state == TaskState.QUEUED,
        "task %s: only a queued task is published",
        key);
    require(
        notBefore.isEmpty() || state == TaskState.PENDING,
        "task %s: only a pending task backs off",
        key);
    require(
        state != TaskState.SUCCEEDED || result.isPresent(),
        "task %s has no result to succeed",
        key);
    require(state != TaskState.CACHED, "CACHED is an experiment's view, not a task's own state");
  }

  /** Whether an attempt is out on the topic of its class and not started yet. */
  public boolean published() {
    return dispatchDeadline.isPresent();
  }

  /** Whether some experiment waits for the artifacts of its result to be seen. */
  public boolean checking() {
    for (Want want : wants) {
      if (want.checking()) {
        return true;
      }
    }
    return false;
  }

  /** Whether a task that depends on this one may run. */
  public boolean serves() {
    return state == TaskState.SUCCEEDED && !checking();
  }

  /** The interest of an experiment. */
  public Optional<Want> want(String experimentId) {
    for (Want want : wants) {
      if (want.experimentId().equals(experimentId)) {
        return Optional.of(want);
      }
    }
    return Optional.empty();
  }

  /** A builder that starts from this record. */
  public Builder edit() {
    return new Builder(this);
  }

  /** A task nobody has worked on yet. */
  public static TaskRecord created(
      String key,
      TaskKind kind,
      TaskOrigin origin,
      Want want,
      List<String> dependsOn,
      String deviceClass,
      Instant createdAt) {
    return new TaskRecord(
        key,
        kind,
        TaskState.PENDING,
        1,
        origin,
        List.of(want),
        dependsOn,
        deviceClass,
        createdAt,
        1,
        0,
        0,
        0,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of());
  }

  /** Changes a copy of a record. */
  public static final class Builder {
    private final TaskRecord from;
    private TaskOrigin origin;
    private TaskState state;
    private int generation;
    private List<Want> wants;
    private int attempt;
    private int charged;
    private int losses;
    private long furthestStep;
    private Optional<Instant> notBefore;
    private Optional<Instant> dispatchDeadline;
    private Optional<UUID> executionId;
    private Optional<UUID> workerId;
    private Optional<Instant> startedAt;
    private Optional<Instant> finishedAt;
    private Optional<CheckpointRef> checkpoint;
    private Optional<TaskResult> result;
    private Optional<TaskFailure> failure;
    private Optional<HandBack> handedBack;
    private List<PastExecution> past;

    private Builder(TaskRecord from) {
      this.from = from;
      origin = from.origin;
      state = from.state;
      generation = from.generation;
      wants = from.wants;
      attempt = from.attempt;
      charged = from.charged;
      losses = from.losses;
      furthestStep = from.furthestStep;
      notBefore = from.notBefore;
      dispatchDeadline = from.dispatchDeadline;
      executionId = from.executionId;
      workerId = from.workerId;
      startedAt = from.startedAt;
      finishedAt = from.finishedAt;
      checkpoint = from.checkpoint;
      result = from.result;
      failure = from.failure;
      handedBack = from.handedBack;
      past = from.past;
    }

    /** Moves to a state; publication, backoff and execution belong to the old one and are gone. */
    public Builder state(TaskState value) {
      state = value;
      notBefore = Optional.empty();
      dispatchDeadline = Optional.empty();
      executionId = Optional.empty();
      return this;
    }

    /** Sets who wants it. */
    public Builder wants(List<Want> value) {
      wants = value;
      return this;
    }

    /** Begins a new generation; its budget is whole again. */
    public Builder newGeneration() {
      generation++;
      attempt++;
      charged = 0;
      losses = 0;
      finishedAt = Optional.empty();
      startedAt = Optional.empty();
      workerId = Optional.empty();
      return this;
    }

    /** Sets where its specification follows from. */
    public Builder origin(TaskOrigin value) {
      origin = value;
      return this;
    }

    /** The next attempt counts. */
    public Builder nextAttempt() {
      attempt++;
      return this;
    }

    /** Charges an attempt to the retry budget. */
    public Builder charge() {
      charged++;
      return this;
    }

    /** Sets the losses in a row. */
    public Builder losses(int value) {
      losses = value;
      return this;
    }

    /** Notes a step reached. */
    public Builder reached(long step) {
      furthestStep = Math.max(furthestStep, step);
      return this;
    }

    /** Sets the end of the backoff. */
    public Builder notBefore(Instant value) {
      notBefore = Optional.of(value);
      return this;
    }

    /** Publishes, or withdraws the publication. */
    public Builder dispatchDeadline(Optional<Instant> value) {
      dispatchDeadline = value;
      return this;
    }

    /** Binds an execution. */
    public Builder execution(UUID execution, UUID worker, Instant at) {
      executionId = Optional.of(execution);
      workerId = Optional.of(worker);
      startedAt = Optional.of(at);
      handedBack = Optional.empty();
      return this;
    }

    /** Sets why it was handed back. */
    public Builder handedBack(HandBack value) {
      handedBack = Optional.of(value);
      return this;
    }

    /** Sets when the task ended. */
    public Builder finishedAt(Instant value) {
      handedBack = Optional.empty();
      finishedAt = Optional.of(value);
      return this;
    }

    /** Sets where to resume. */
    public Builder checkpoint(CheckpointRef value) {
      checkpoint = Optional.of(value);
      return this;
    }

    /** Sets the accepted success. */
    public Builder result(TaskResult value) {
      result = Optional.of(value);
      failure = Optional.empty();
      return this;
    }

    /** Sets the last failure. */
    public Builder failure(TaskFailure value) {
      failure = Optional.of(value);
      return this;
    }

    /** Notes an execution that ended without its success. */
    public Builder past(PastExecution value) {
      List<PastExecution> all = new ArrayList<>(past);
      all.add(value);
      past = all.subList(Math.max(0, all.size() - PastExecution.MOST), all.size());
      return this;
    }

    /** The changed copy. */
    public TaskRecord build() {
      return new TaskRecord(
          from.key,
          from.kind,
          state,
          generation,
          origin,
          wants,
          from.dependsOn,
          from.deviceClass,
          from.createdAt,
          attempt,
          charged,
          losses,
          furthestStep,
          notBefore,
          dispatchDeadline,
          executionId,
          workerId,
          startedAt,
          finishedAt,
          checkpoint,
          result,
          failure,
          handedBack,
          past);
    }
  }
}
