package dev.fewstep.schemas.message;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.util.Optional;
import java.util.UUID;

/**
 * What workers must know of a task; compacted by task. A worker that holds any other attempt or
 * execution than the one named here stops.
 *
 * @param taskKey the task
 * @param attempt the attempt that counts now
 * @param executionId the execution bound to it; empty while none has started
 * @param stop whether the task is withdrawn: do not start, stop if running
 * @param release false when the message does not say, as those of older releases; whether the
 *     execution named here is asked to checkpoint and hand the task back
 */
public record ControlMessage(
    String taskKey,
    int attempt,
    Optional<UUID> executionId,
    boolean stop,
    @JsonSetter(nulls = Nulls.AS_EMPTY) boolean release) {
  /** A message that asks for nothing to be handed back. */
  public ControlMessage(String taskKey, int attempt, Optional<UUID> executionId, boolean stop) {
    this(taskKey, attempt, executionId, stop, false);
  }

  public ControlMessage {
    requireNonNull(taskKey, "taskKey");
    executionId = executionId == null ? Optional.empty() : executionId;
  }
}
