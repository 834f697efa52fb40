package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.TaskKind;
import java.time.Instant;

/**
 * The result of a task that is no more, because every experiment that wanted it is archived: it
 * serves when an equal task is wanted again.
 *
 * @param taskKey the task
 * @param kind its kind
 * @param experimentId the archived experiment whose archive tells the rest
 * @param finishedAt record time of the success
 * @param result manifest without checkpoints and log, scores, provenance
 */
public record CachedRecord(
    String taskKey, TaskKind kind, String experimentId, Instant finishedAt, TaskResult result)
    implements StateValue {
  public CachedRecord {
    requireNonNull(taskKey, "taskKey");
    requireNonNull(kind, "kind");
    requireNonNull(experimentId, "experimentId");
    requireNonNull(finishedAt, "finishedAt");
    requireNonNull(result, "result");
  }
}
