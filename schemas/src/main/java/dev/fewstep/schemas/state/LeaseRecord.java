package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;
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
 * @param handBack that and why the holder was asked to hand the task back
 */
public record LeaseRecord(
    String taskKey,
    int attempt,
    UUID executionId,
    Instant renewedAt,
    long step,
    long totalSteps,
    boolean progressed,
    Optional<HandBack> handBack)
    implements StateValue {
  public LeaseRecord {
    requireNonNull(taskKey, "taskKey");
    requireNonNull(executionId, "executionId");
    requireNonNull(renewedAt, "renewedAt");
    handBack = handBack == null ? Optional.empty() : handBack;
  }

  /** The lease of an execution that has just begun. */
  public static LeaseRecord begun(String taskKey, int attempt, UUID executionId, Instant at) {
    return new LeaseRecord(taskKey, attempt, executionId, at, 0, 0, false, Optional.empty());
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
        progressed || newProgress,
        handBack);
  }

  /** Whether its holder was asked to hand the task back. */
  public boolean askedBack() {
    return handBack.isPresent();
  }

  /** The holder is asked to hand the task back; the first time counts. */
  public LeaseRecord askedBack(HandBack asked) {
    return new LeaseRecord(
        taskKey,
        attempt,
        executionId,
        renewedAt,
        step,
        totalSteps,
        progressed,
        Optional.of(handBack.orElse(asked)));
  }
}
