package dev.fewstep.schemas.state;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonFormat;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Ordered;
import dev.fewstep.schemas.TaskState;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What the state keeps of an archived experiment. While the experiment's own record is still there,
 * the archiving is not finished.
 *
 * @param experimentId the experiment
 * @param sequence its place in the order of submission, which nothing else takes
 * @param name as in {@code metadata.name}
 * @param project as in {@code metadata.project}
 * @param labels as in {@code metadata.labels}
 * @param submittedBy who
 * @param submittedAt record time
 * @param endedAt record time at which the last of its tasks ended, or it was cancelled
 * @param archivedAt record time
 * @param state how it ended: SUCCEEDED, FAILED or CANCELLED
 * @param trials number of trials
 * @param tasks number of its tasks by how they ended for it
 * @param archive the file that keeps all of it
 * @param keepResults whether the results of its tasks go on to serve equal tasks
 * @param imported where it came from, when another installation ran it; {@code archivedAt} is then
 *     when it was imported
 */
public record ArchivedRecord(
    String experimentId,
    long sequence,
    String name,
    String project,
    @JsonFormat(with = JsonFormat.Feature.WRITE_SORTED_MAP_ENTRIES) Map<String, String> labels,
    String submittedBy,
    Instant submittedAt,
    Instant endedAt,
    Instant archivedAt,
    TaskState state,
    int trials,
    @JsonFormat(with = JsonFormat.Feature.WRITE_SORTED_MAP_ENTRIES) Map<TaskState, Integer> tasks,
    Artifact archive,
    boolean keepResults,
    Optional<ImportOrigin> imported)
    implements StateValue {
  public ArchivedRecord {
    requireNonNull(experimentId, "experimentId");
    requireNonNull(name, "name");
    requireNonNull(project, "project");
    labels = Ordered.copyOf(labels);
    requireNonNull(submittedBy, "submittedBy");
    requireNonNull(submittedAt, "submittedAt");
    requireNonNull(endedAt, "endedAt");
    requireNonNull(archivedAt, "archivedAt");
    requireNonNull(state, "state");
    require(state.isTerminal(), "an experiment that is %s is not archived", state);
    tasks = Map.copyOf(tasks);
    requireNonNull(archive, "archive");
    imported = imported == null ? Optional.empty() : imported;
  }
}
