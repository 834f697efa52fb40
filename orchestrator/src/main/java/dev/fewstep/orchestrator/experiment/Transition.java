package dev.fewstep.orchestrator.experiment;

import static dev.fewstep.schemas.TaskState.CACHED;
import static dev.fewstep.schemas.TaskState.CANCELLED;
import static dev.fewstep.schemas.TaskState.FAILED;
import static dev.fewstep.schemas.TaskState.PENDING;
import static dev.fewstep.schemas.TaskState.QUEUED;
import static dev.fewstep.schemas.TaskState.RUNNING;
import static dev.fewstep.schemas.TaskState.SUCCEEDED;

import dev.fewstep.schemas.TaskState;
import java.util.List;
import java.util.Set;

/**
 * A move of a task, or of an experiment's view of it. {@link #LEGAL} is the state machine: what is
 * not there cannot happen.
 *
 * @param from state before
 * @param trigger what moved it
 * @param to state after
 */
public record Transition(TaskState from, Trigger trigger, TaskState to) {
  /** Every legal move. */
  public static final Set<Transition> LEGAL =
      Set.copyOf(
          List.of(
              new Transition(PENDING, Trigger.READY, QUEUED),
              new Transition(PENDING, Trigger.RESULT_ACCEPTED, SUCCEEDED),
              new Transition(PENDING, Trigger.DEPENDENCY_FAILED, FAILED),
              new Transition(PENDING, Trigger.WITHDRAWN, CANCELLED),
              new Transition(PENDING, Trigger.ARTIFACTS_SEEN, CACHED),
              new Transition(QUEUED, Trigger.DEPENDENCY_REDONE, PENDING),
              new Transition(QUEUED, Trigger.PUBLISHED, QUEUED),
              new Transition(QUEUED, Trigger.DISPATCH_TIMED_OUT, QUEUED),
              new Transition(QUEUED, Trigger.UNFIT_WORKER, PENDING),
              new Transition(QUEUED, Trigger.HELD, QUEUED),
              new Transition(QUEUED, Trigger.STARTED, RUNNING),
              new Transition(QUEUED, Trigger.RESULT_ACCEPTED, SUCCEEDED),
              new Transition(QUEUED, Trigger.WITHDRAWN, CANCELLED),
              new Transition(RUNNING, Trigger.RESULT_ACCEPTED, SUCCEEDED),
              new Transition(RUNNING, Trigger.ATTEMPT_FAILED, PENDING),
              new Transition(RUNNING, Trigger.FAILED_FOR_GOOD, FAILED),
              new Transition(RUNNING, Trigger.LEASE_LOST, QUEUED),
              new Transition(RUNNING, Trigger.POISONED, FAILED),
              new Transition(RUNNING, Trigger.RELEASED, QUEUED),
              new Transition(RUNNING, Trigger.WITHDRAWN, CANCELLED),
              new Transition(SUCCEEDED, Trigger.ARTIFACTS_MISSING, PENDING),
              new Transition(FAILED, Trigger.WANTED_AGAIN, PENDING),
              new Transition(CANCELLED, Trigger.WANTED_AGAIN, PENDING)));

  /**
   * Returns the move when it is legal.
   *
   * @throws IllegalStateException otherwise: a defect, not something a message can cause
   */
  public static Transition require(TaskState from, Trigger trigger, TaskState to) {
    Transition transition = new Transition(from, trigger, to);
    if (!LEGAL.contains(transition)) {
      throw new IllegalStateException(
          "a task does not go from " + from + " by " + trigger + " to " + to);
    }
    return transition;
  }

  /** What moves tasks. */
  public enum Trigger {
    /** All that it needs is there and its backoff is over. */
    READY,
    /** An attempt was put on the topic of its class. */
    PUBLISHED,
    /** Nobody started the published attempt in time. */
    DISPATCH_TIMED_OUT,
    /** A worker with too little memory took the attempt: the next one waits a moment. */
    UNFIT_WORKER,
    /** Only paused experiments want it: the published attempt, not started yet, counts no more. */
    HELD,
    /** An execution took the attempt. */
    STARTED,
    /** A success of any attempt was verified. */
    RESULT_ACCEPTED,
    /** The current execution failed and another attempt is allowed. */
    ATTEMPT_FAILED,
    /** The current execution failed and no attempt is left, or none can help. */
    FAILED_FOR_GOOD,
    /** The current execution fell silent. */
    LEASE_LOST,
    /** Executions fell silent too often without getting further. */
    POISONED,
    /** The worker handed it back. */
    RELEASED,
    /** A task that it needs failed for good. */
    DEPENDENCY_FAILED,
    /** A task that it needs was begun anew. */
    DEPENDENCY_REDONE,
    /** No experiment wants it any more. */
    WITHDRAWN,
    /** An earlier result was seen to be there. */
    ARTIFACTS_SEEN,
    /** An earlier result was seen to be gone: a new generation begins. */
    ARTIFACTS_MISSING,
    /** An experiment wants a task that had failed or been cancelled: a new generation begins. */
    WANTED_AGAIN
  }
}
