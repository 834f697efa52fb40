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
    /** No live worker has its device class, or enough memory. */
    NO_WORKER,
    /** All workers of its class are busy, draining or promised to other tasks. */
    CREDIT,
    /** Its experiments run as many tasks as they may. */
    MAX_PARALLEL,
    /** It is ready and the next dispatch considers it. */
    NEXT,
    /** It is published and no worker has started it yet. */
    PUBLISHED,
    /** A worker runs it. */
    RUNNING,
    /** A worker reported success and the store is asked for its artifacts. */
    VERIFYING,
    /** It failed. */
    FAILED,
    /** It was withdrawn. */
    CANCELLED,
    /** It has a result. */
    SUCCEEDED
  }
}
