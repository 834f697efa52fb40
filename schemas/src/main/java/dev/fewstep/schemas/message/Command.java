package dev.fewstep.schemas.message;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonFormat;
import dev.fewstep.schemas.AccessRole;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Lineage;
import dev.fewstep.schemas.Ordered;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.schedule.ScheduleSpec;
import dev.fewstep.schemas.spec.ExperimentSpec;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/** What a person asks. */
public sealed interface Command extends InboxMessage {
  /** Made by the client (Idempotency-Key): a repeated command has the outcome of the first. */
  UUID commandId();

  /**
   * Runs an experiment. Its id is made from the command's.
   *
   * @param lineage the experiment that it came from
   * @param traceparent the place in a trace at which it was asked for, to which all that is done
   *     for it belongs; in the form of W3C Trace Context
   */
  record SubmitExperiment(
      UUID commandId,
      Instant at,
      String submittedBy,
      ExperimentSpec experiment,
      Optional<Lineage> lineage,
      Optional<String> traceparent)
      implements Command {
    /** An experiment that came from no other. */
    public SubmitExperiment(
        UUID commandId, Instant at, String submittedBy, ExperimentSpec experiment) {
      this(commandId, at, submittedBy, experiment, Optional.empty());
    }

    /** An experiment outside any trace. */
    public SubmitExperiment(
        UUID commandId,
        Instant at,
        String submittedBy,
        ExperimentSpec experiment,
        Optional<Lineage> lineage) {
      this(commandId, at, submittedBy, experiment, lineage, Optional.empty());
    }

    public SubmitExperiment {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(submittedBy, "submittedBy");
      requireNonNull(experiment, "experiment");
      lineage = lineage == null ? Optional.empty() : lineage;
      traceparent = traceparent == null ? Optional.empty() : traceparent;
    }

    /** The same as part of a trace. */
    public SubmitExperiment within(Optional<String> newTraceparent) {
      return new SubmitExperiment(commandId, at, submittedBy, experiment, lineage, newTraceparent);
    }
  }

  /** Withdraws what is left of an experiment. */
  record CancelExperiment(UUID commandId, Instant at, String experimentId) implements Command {
    public CancelExperiment {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(experimentId, "experimentId");
    }
  }

  /**
   * Starts nothing more of an experiment until it is resumed.
   *
   * @param handBack whether running tasks are asked to checkpoint and hand themselves back; else
   *     they run to their end
   */
  record PauseExperiment(UUID commandId, Instant at, String experimentId, boolean handBack)
      implements Command {
    public PauseExperiment {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(experimentId, "experimentId");
    }
  }

  /** Lets a paused experiment go on. */
  record ResumeExperiment(UUID commandId, Instant at, String experimentId) implements Command {
    public ResumeExperiment {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(experimentId, "experimentId");
    }
  }

  /** Begins every task of an experiment that has failed so far anew. */
  record RetryFailed(UUID commandId, Instant at, String experimentId) implements Command {
    public RetryFailed {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(experimentId, "experimentId");
    }
  }

  /**
   * Changes how an experiment shares the devices from now on.
   *
   * @param priority 0 to 100; empty to leave it
   * @param maxParallel tasks that run at once, 0 for no bound; empty to leave it
   */
  record ChangePolicy(
      UUID commandId,
      Instant at,
      String experimentId,
      Optional<Integer> priority,
      Optional<Integer> maxParallel)
      implements Command {
    public ChangePolicy {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(experimentId, "experimentId");
      priority = priority == null ? Optional.empty() : priority;
      maxParallel = maxParallel == null ? Optional.empty() : maxParallel;
    }
  }

  /**
   * Sets a project's share of the devices.
   *
   * @param weight its weight in fair sharing, above 0; a project that nobody set has 1
   * @param maxDevices devices that its tasks hold at once, 0 for no bound
   */
  record SetProject(UUID commandId, Instant at, String project, double weight, int maxDevices)
      implements Command {
    public SetProject {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(project, "project");
    }
  }

  /**
   * Asks a worker to take nothing more and to hand back what it holds, or to take tasks again.
   *
   * @param drain whether it drains
   */
  record DrainWorker(UUID commandId, Instant at, UUID workerId, boolean drain) implements Command {
    public DrainWorker {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(workerId, "workerId");
    }
  }

  /**
   * Takes an ended experiment out of the state, of which a file in the store keeps all.
   *
   * @param archive the file, of kind ARCHIVE
   * @param fingerprint SHA-256 of what the file holds of the experiment: when that is not what the
   *     experiment is now, the command is rejected
   * @param keepResults whether the results of its tasks go on to serve equal tasks; else nothing
   *     but the file is kept
   */
  record ArchiveExperiment(
      UUID commandId,
      Instant at,
      String experimentId,
      Artifact archive,
      String fingerprint,
      boolean keepResults)
      implements Command {
    public ArchiveExperiment {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(experimentId, "experimentId");
      requireNonNull(archive, "archive");
      Digests.requireSha256(fingerprint, "fingerprint");
      if (archive.kind() != ArtifactKind.ARCHIVE) {
        throw new IllegalArgumentException("an archive is not of kind " + archive.kind());
      }
    }
  }

  /**
   * What a task of another installation succeeded with.
   *
   * @param finishedAt record time of the success there
   * @param attempt the attempt that won
   * @param executionId the execution that won
   * @param artifacts manifest without checkpoints and log, all of it in the store
   * @param scores numbers by name
   * @param provenance commit, device, engine, threads
   * @param seconds wall time of the execution
   */
  record ImportedResult(
      String taskKey,
      TaskKind kind,
      Instant finishedAt,
      int attempt,
      UUID executionId,
      List<Artifact> artifacts,
      @JsonFormat(with = JsonFormat.Feature.WRITE_SORTED_MAP_ENTRIES) Map<String, Double> scores,
      @JsonFormat(with = JsonFormat.Feature.WRITE_SORTED_MAP_ENTRIES)
          Map<String, String> provenance,
      double seconds) {
    public ImportedResult {
      Digests.requireSha256(taskKey, "taskKey");
      requireNonNull(kind, "kind");
      requireNonNull(finishedAt, "finishedAt");
      requireNonNull(executionId, "executionId");
      artifacts = List.copyOf(artifacts);
      scores = Map.copyOf(scores);
      provenance = Map.copyOf(provenance);
    }
  }

  /** Results that go before an experiment too large for one message; they serve equal tasks. */
  record ImportResults(
      UUID commandId, Instant at, String experimentId, List<ImportedResult> results)
      implements Command {
    public ImportResults {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(experimentId, "experimentId");
      results = List.copyOf(results);
    }
  }

  /**
   * Takes in an ended experiment of another installation: it is archived here from the first, and
   * the results of its tasks serve equal tasks. Files come before: all that is named is in the
   * store.
   *
   * @param importedBy who asks
   * @param origin the other installation, for people
   * @param version version of fewstep there
   * @param exportedAt when the experiment's file was written there
   * @param sha256 digest of that file
   * @param experimentId its id there, and here
   * @param name as in {@code metadata.name}
   * @param project as in {@code metadata.project}
   * @param labels as in {@code metadata.labels}
   * @param submittedBy who submitted it there
   * @param submittedAt when, there
   * @param endedAt when it ended there
   * @param state how it ended: SUCCEEDED, FAILED or CANCELLED
   * @param trials number of trials
   * @param tasks number of its tasks by how they ended for it
   * @param archive the file that keeps all of it, of kind ARCHIVE
   * @param fingerprint SHA-256 of what the archive holds
   * @param inputs what its specification names; a name that is free here is given to it
   * @param results what its tasks made, or the last part of that
   */
  record ImportExperiment(
      UUID commandId,
      Instant at,
      String importedBy,
      String origin,
      String version,
      Instant exportedAt,
      String sha256,
      String experimentId,
      String name,
      String project,
      @JsonFormat(with = JsonFormat.Feature.WRITE_SORTED_MAP_ENTRIES) Map<String, String> labels,
      String submittedBy,
      Instant submittedAt,
      Instant endedAt,
      TaskState state,
      int trials,
      @JsonFormat(with = JsonFormat.Feature.WRITE_SORTED_MAP_ENTRIES) Map<TaskState, Integer> tasks,
      Artifact archive,
      String fingerprint,
      @JsonFormat(with = JsonFormat.Feature.WRITE_SORTED_MAP_ENTRIES) Map<String, Artifact> inputs,
      List<ImportedResult> results)
      implements Command {
    public ImportExperiment {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(importedBy, "importedBy");
      requireNonNull(origin, "origin");
      requireNonNull(version, "version");
      requireNonNull(exportedAt, "exportedAt");
      Digests.requireSha256(sha256, "sha256");
      requireNonNull(experimentId, "experimentId");
      requireNonNull(name, "name");
      requireNonNull(project, "project");
      labels = Ordered.copyOf(labels);
      requireNonNull(submittedBy, "submittedBy");
      requireNonNull(submittedAt, "submittedAt");
      requireNonNull(endedAt, "endedAt");
      requireNonNull(state, "state");
      if (!state.isTerminal()) {
        throw new IllegalArgumentException("an experiment that is " + state + " is not imported");
      }
      tasks = Map.copyOf(tasks);
      requireNonNull(archive, "archive");
      if (archive.kind() != ArtifactKind.ARCHIVE) {
        throw new IllegalArgumentException("an archive is not of kind " + archive.kind());
      }
      Digests.requireSha256(fingerprint, "fingerprint");
      inputs = Map.copyOf(inputs);
      results = List.copyOf(results);
    }
  }

  /** Names imported bytes, already in the store; a name may be moved to other bytes. */
  record RegisterInput(UUID commandId, Instant at, String name, Artifact artifact, String origin)
      implements Command {
    public RegisterInput {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(name, "name");
      requireNonNull(artifact, "artifact");
      requireNonNull(origin, "origin");
    }
  }

  /**
   * Sets an experiment that comes again. One of that name is changed: its runs stay, and slots that
   * are decided stay decided.
   *
   * @param setBy who
   * @param schedule all of it
   */
  record CreateSchedule(UUID commandId, Instant at, String setBy, ScheduleSpec schedule)
      implements Command {
    public CreateSchedule {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(setBy, "setBy");
      requireNonNull(schedule, "schedule");
    }
  }

  /** Lets a schedule rest: slots until it is resumed are not run, nor caught up with. */
  record PauseSchedule(UUID commandId, Instant at, String name) implements Command {
    public PauseSchedule {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(name, "name");
    }
  }

  /** Lets a paused schedule go on with the next slot. */
  record ResumeSchedule(UUID commandId, Instant at, String name) implements Command {
    public ResumeSchedule {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(name, "name");
    }
  }

  /** Forgets a schedule; its experiments stay. */
  record DeleteSchedule(UUID commandId, Instant at, String name) implements Command {
    public DeleteSchedule {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(name, "name");
    }
  }

  /** Runs the experiment of a schedule now, beside its slots; also of a paused one. */
  record RunScheduleNow(UUID commandId, Instant at, String name) implements Command {
    public RunScheduleNow {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(name, "name");
    }
  }

  /**
   * Lets a run be part of later baselines, though it was worse: it is as it shall be.
   *
   * @param schedule the schedule
   * @param experimentId its run
   */
  record AcceptBenchmark(UUID commandId, Instant at, String schedule, String experimentId)
      implements Command {
    public AcceptBenchmark {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(schedule, "schedule");
      requireNonNull(experimentId, "experimentId");
    }
  }

  /**
   * Notes what became of an attempt to tell a webhook. The leading replica's, not a person's.
   *
   * @param problem why it failed; empty when it was delivered
   */
  record NoteDelivery(UUID commandId, Instant at, UUID deliveryId, Optional<String> problem)
      implements Command {
    public NoteDelivery {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(deliveryId, "deliveryId");
      problem = problem == null ? Optional.empty() : problem;
    }
  }

  /**
   * Lets the holder of a token use the API. The command carries the token's digest only.
   *
   * @param createdBy who
   * @param tokenId 12 hex digits
   * @param name who holds it
   * @param sha256 digest of the token's text
   * @param role what it may do
   * @param projects where; empty for every project
   * @param expiresAt from when on it is worth nothing
   */
  record CreateToken(
      UUID commandId,
      Instant at,
      String createdBy,
      String tokenId,
      String name,
      String sha256,
      AccessRole role,
      Set<String> projects,
      Instant expiresAt)
      implements Command {
    public CreateToken {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(createdBy, "createdBy");
      requireNonNull(tokenId, "tokenId");
      requireNonNull(name, "name");
      Digests.requireSha256(sha256, "sha256");
      requireNonNull(role, "role");
      projects =
          projects == null ? Set.of() : Collections.unmodifiableSortedSet(new TreeSet<>(projects));
      requireNonNull(expiresAt, "expiresAt");
    }
  }

  /** Makes a token worthless, for good. */
  record RevokeToken(UUID commandId, Instant at, String tokenId) implements Command {
    public RevokeToken {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(tokenId, "tokenId");
    }
  }
}
