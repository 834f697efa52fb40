package dev.fewstep.orchestrator.experiment;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.PlanChunk;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TrialKeys;
import dev.fewstep.schemas.state.Want;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that the state knows of an ended experiment, by itself: its record, its plan and its tasks
 * with their results, without the interest that other experiments take in them. Folded into an
 * empty state it shows the experiment as it was.
 *
 * @param experimentId the experiment
 * @param endedAt when it ended
 * @param records its records
 * @param fingerprint SHA-256 of what counts in them
 */
public record ArchiveContent(
    String experimentId, Instant endedAt, List<StateRecord> records, String fingerprint) {
  public ArchiveContent {
    requireNonNull(experimentId, "experimentId");
    requireNonNull(endedAt, "endedAt");
    records = List.copyOf(records);
    Digests.requireSha256(fingerprint, "fingerprint");
  }

  /** The content of an experiment; empty when there is none of that id or it has not ended. */
  public static Optional<ArchiveContent> of(OrchestratorState state, String experimentId) {
    Optional<ExperimentRecord> experiment = state.experiment(experimentId);
    Optional<Instant> ended = state.endedAt(experimentId);
    if (experiment.isEmpty() || ended.isEmpty()) {
      return Optional.empty();
    }
    List<StateRecord> records = new ArrayList<>();
    records.add(StateRecord.of(experiment.get()));
    for (Map.Entry<Integer, List<TrialKeys>> run :
        state.experimentFold(experimentId).orElseThrow().plan().entrySet()) {
      records.add(StateRecord.of(new PlanChunk(experimentId, run.getKey(), run.getValue())));
    }
    state
        .experimentFold(experimentId)
        .orElseThrow()
        .rungs()
        .records()
        .forEach(rung -> records.add(StateRecord.of(rung)));
    for (TaskRecord task : state.tasks(experimentId, Optional.empty(), Integer.MAX_VALUE)) {
      Want own = task.want(experimentId).orElseThrow();
      records.add(StateRecord.of(task.edit().wants(List.of(own)).build()));
    }
    return Optional.of(
        new ArchiveContent(experimentId, ended.get(), records, fingerprint(state, experimentId)));
  }

  /**
   * SHA-256 of an experiment's record and of where each of its tasks stands: differs when anything
   * happened to it that its archive would have to tell.
   *
   * @throws java.util.NoSuchElementException when there is no such experiment
   */
  static String fingerprint(OrchestratorState state, String experimentId) {
    MessageDigest digest = Digests.sha256();
    digest.update(Json.toBytes(state.experiment(experimentId).orElseThrow()));
    StringBuilder line = new StringBuilder();
    for (TaskRecord task : state.tasks(experimentId, Optional.empty(), Integer.MAX_VALUE)) {
      TaskState view = task.want(experimentId).orElseThrow().view(task.state());
      line.setLength(0);
      line.append(task.key())
          .append(' ')
          .append(task.generation())
          .append(' ')
          .append(view)
          .append(' ')
          .append(task.finishedAt().map(Instant::toString).orElse("-"))
          .append('\n');
      digest.update(line.toString().getBytes(StandardCharsets.UTF_8));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** The experiment's own record. */
  public ExperimentRecord experiment() {
    return records.stream()
        .map(entry -> entry.value().orElseThrow())
        .filter(ExperimentRecord.class::isInstance)
        .map(ExperimentRecord.class::cast)
        .findFirst()
        .orElseThrow();
  }

  /** Its tasks. */
  public List<TaskRecord> tasks() {
    return records.stream()
        .map(entry -> entry.value().orElseThrow())
        .filter(TaskRecord.class::isInstance)
        .map(TaskRecord.class::cast)
        .toList();
  }
}
