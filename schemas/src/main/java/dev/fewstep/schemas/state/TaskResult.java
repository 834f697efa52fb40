package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonFormat;
import dev.fewstep.schemas.Artifact;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The accepted success of a task.
 *
 * @param attempt the attempt that won
 * @param executionId the execution that won
 * @param artifacts the manifest
 * @param scores numbers by name
 * @param provenance commit, device, engine, threads
 * @param seconds wall time of the execution
 */
public record TaskResult(
    int attempt,
    UUID executionId,
    List<Artifact> artifacts,
    @JsonFormat(with = JsonFormat.Feature.WRITE_SORTED_MAP_ENTRIES) Map<String, Double> scores,
    @JsonFormat(with = JsonFormat.Feature.WRITE_SORTED_MAP_ENTRIES) Map<String, String> provenance,
    double seconds) {
  public TaskResult {
    requireNonNull(executionId, "executionId");
    artifacts = List.copyOf(artifacts);
    scores = Map.copyOf(scores);
    provenance = Map.copyOf(provenance);
  }
}
