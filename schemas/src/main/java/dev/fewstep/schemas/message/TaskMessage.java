package dev.fewstep.schemas.message;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.task.TaskSpec;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * One attempt at a task, on the topic of its device class.
 *
 * @param taskKey the task
 * @param attempt which try, from 1
 * @param kind kind of the task
 * @param spec its resolved specification
 * @param inputs the artifact behind every {@link dev.fewstep.schemas.task.SourceRef} of the
 *     specification, by the reference's text
 * @param checkpoint where to resume from
 * @param experimentId an experiment that wants the result; for logs
 * @param issuedAt when it was published
 */
public record TaskMessage(
    String taskKey,
    int attempt,
    TaskKind kind,
    JsonNode spec,
    @JsonFormat(with = JsonFormat.Feature.WRITE_SORTED_MAP_ENTRIES) Map<String, Artifact> inputs,
    Optional<Artifact> checkpoint,
    String experimentId,
    Instant issuedAt) {
  public TaskMessage {
    Digests.requireSha256(taskKey, "taskKey");
    requireNonNull(kind, "kind");
    requireNonNull(spec, "spec");
    inputs = Map.copyOf(inputs);
    checkpoint = checkpoint == null ? Optional.empty() : checkpoint;
    requireNonNull(experimentId, "experimentId");
    requireNonNull(issuedAt, "issuedAt");
  }

  /** The typed specification. */
  public TaskSpec typedSpec() {
    return TaskSpec.read(kind, spec);
  }
}
