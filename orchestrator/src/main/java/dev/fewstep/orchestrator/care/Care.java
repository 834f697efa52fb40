package dev.fewstep.orchestrator.care;

import static java.util.Objects.requireNonNull;

import dev.fewstep.store.S3Bucket;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * What a replica does for whoever looks after an installation.
 *
 * @param doctor examines
 * @param jobs long work
 * @param bucket the store
 * @param state this replica's committed state
 */
public record Care(Doctor doctor, Jobs jobs, S3Bucket bucket, CommittedState state) {
  /** The least grace that a garbage collection is given: what is in use is refreshed far sooner. */
  public static final Duration LEAST_GRACE = S3Bucket.FRESH.multipliedBy(4);

  public Care {
    requireNonNull(doctor, "doctor");
    requireNonNull(jobs, "jobs");
    requireNonNull(bucket, "bucket");
    requireNonNull(state, "state");
  }

  /**
   * Starts a garbage collection.
   *
   * @throws IllegalArgumentException when the grace is too short
   * @throws Jobs.BusyException when another job runs
   */
  public Job collect(UUID jobId, boolean delete, Duration grace, KeepRules rules)
      throws Jobs.BusyException {
    if (grace.compareTo(LEAST_GRACE) < 0) {
      throw new IllegalArgumentException(
          "the grace must be at least "
              + LEAST_GRACE.toMinutes()
              + " min, not "
              + grace.toSeconds()
              + " s: younger objects may be about to be referred to");
    }
    return jobs.start(
        jobId,
        "gc",
        progress -> new GarbageCollection(bucket, state, grace, rules, progress).run(delete));
  }

  /**
   * Starts reading artifacts again.
   *
   * @param experiment id of the experiment whose artifacts are read; empty for all
   * @throws Jobs.BusyException when another job runs
   */
  public Job verify(UUID jobId, Optional<String> experiment, boolean quarantine)
      throws Jobs.BusyException {
    return jobs.start(
        jobId,
        "verify",
        progress -> new Verification(bucket, state, experiment, quarantine, progress).run());
  }
}
