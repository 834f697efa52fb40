package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskState;
import java.util.List;

/**
 * Why a task stands where it does.
 *
 * @param taskKey the task
 * @param state where it stands
 * @param reasons what it waits for, or why it ended; the first counts most
 */
public record Explanation(String taskKey, TaskState state, List<Reason> reasons) {
  public Explanation {
    reasons = List.copyOf(reasons);
  }

  /** A reason in one word for programs and one sentence for people. */
  public record Reason(Code code, String text) {}

  /** The reasons there are. */
  public enum Code {
    /** A task that it needs has no result yet. */
    DEPENDENCY,
    /** An earlier result is being looked up in the store. */
    CHECKING,
    /** It waits before it is tried again. */
    BACKOFF,
    /** Every experiment that wants it is paused. */
    PAUSED,
    /** No experiment wants it any more; it is about to be cancelled. */
    WITHDRAWN,
    /** No live worker has its device class. */
    NO_WORKER,
    /** Workers of its class are there, but none has the memory that it asks for. */
    NOT_ELIGIBLE,
    /** Every worker that could take it drains. */
    DRAINING,
    /** Every worker that could take it is busy or promised to a published task. */
    CREDIT,
    /** Its experiments hold as many devices as they may. */
    MAX_PARALLEL,
    /** Its projects hold as many devices as they may. */
    PROJECT_QUOTA,
    /** Other tasks go first. */
    BEHIND,
    /** All that it needs is there and it is about to be queued. */
    READY,
    /** The next decision of the leader publishes it. */
    NEXT,
    /** It was handed back for a task of higher priority. */
    PREEMPTED,
    /** Its worker handed it back for another reason. */
    HANDED_BACK,
    /** It is published and no worker has started it yet. */
    PUBLISHED,
    /** A worker runs it. */
    RUNNING,
    /** A worker reported success and the store is asked for its artifacts. */
    VERIFYING,
    /** Trials of the experiment are still being planned. */
    PLANNING,
    /** It failed. */
    FAILED,
    /** It was withdrawn. */
    CANCELLED,
    /** It has a result. */
    SUCCEEDED,
    /** Its trial waits in a rung until others have completed it. */
    WAITS_FOR_PROMOTION,
    /** Its trial is stopped, because others of its rung were better. */
    STOPPED
  }
}
