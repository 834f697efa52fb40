package dev.fewstep.orchestrator.care;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * Long work of this replica, as it stands now.
 *
 * @param jobId chosen by whoever asked for it (Idempotency-Key)
 * @param kind {@code gc} or {@code verify}
 * @param state where it stands
 * @param startedAt wall clock
 * @param finishedAt wall clock; empty while it runs
 * @param phase what it is doing
 * @param done items done in this phase
 * @param total items of this phase; -1 while unknown
 * @param bytes bytes done in this phase
 * @param result what came of it; empty until then
 * @param problem why it failed, else empty
 */
public record Job(
    UUID jobId,
    String kind,
    State state,
    Instant startedAt,
    Optional<Instant> finishedAt,
    String phase,
    long done,
    long total,
    long bytes,
    Optional<JsonNode> result,
    String problem) {
  public Job {
    requireNonNull(jobId, "jobId");
    requireNonNull(kind, "kind");
    requireNonNull(state, "state");
    requireNonNull(startedAt, "startedAt");
    requireNonNull(finishedAt, "finishedAt");
    requireNonNull(phase, "phase");
    requireNonNull(result, "result");
    requireNonNull(problem, "problem");
  }

  /** Where a job stands. */
  public enum State {
    /** Works. */
    RUNNING,
    /** Came to its end, or was cancelled and says in its result how far it came. */
    DONE,
    /** Broke off. */
    FAILED
  }
}
