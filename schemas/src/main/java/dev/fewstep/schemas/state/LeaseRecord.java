package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.UUID;

/**
 * An execution's right to work on a task, kept by heartbeats.
 *
 * @param taskKey the task
 * @param attempt the attempt it holds
 * @param executionId the holder
 * @param renewedAt record time of the last report that kept it
 * @param step last step reported
 * @param totalSteps steps in all, 0 while unknown
 * @param progressed whether this execution got further than any before it
 */
public record LeaseRecord(
    String taskKey,
    int attempt,
    UUID executionId,
    Instant renewedAt,
    long step,
    long totalSteps,
    boolean progressed)
    implements StateValue {
  public LeaseRecord {
    requireNonNull(taskKey, "taskKey");
    requireNonNull(executionId, "executionId");
    requireNonNull(renewedAt, "renewedAt");
  }

  /** The lease of an execution that has just begun. */
  public static LeaseRecord begun(String taskKey, int attempt, UUID executionId, Instant at) {
    return new LeaseRecord(taskKey, attempt, executionId, at, 0, 0, false);
  }

  /** Kept by a report. */
  public LeaseRecord renewed(Instant at, long newStep, long newTotal, boolean newProgress) {
    return new LeaseRecord(
        taskKey,
        attempt,
        executionId,
        at.isAfter(renewedAt) ? at : renewedAt,
        Math.max(step, newStep),
        Math.max(totalSteps, newTotal),
        progressed || newProgress);
  }
}
