package dev.fewstep.schemas.message;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonFormat;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Topics;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** What a worker says. */
public sealed interface Report extends InboxMessage {

  /** A report about one execution of one attempt at a task. */
  sealed interface ExecutionReport extends Report
      permits Started, Heartbeat, Checkpointed, Succeeded, Failed, Released {
    /** The task. */
    String taskKey();

    /** Which try, from 1. */
    int attempt();

    /** The worker run that holds, or held, the attempt. */
    UUID executionId();
  }

  /**
   * A worker's report of itself, every few seconds and at every change.
   *
   * @param workerId stable over the life of the process
   * @param deviceClass the class whose tasks it takes
   * @param device the device in words, such as {@code cpu (2 threads)}
   * @param memoryBytes memory of the device
   * @param versions versions of fewstep, engine and so on
   * @param executionId the execution it holds; empty when idle
   * @param accepting whether it takes another task when idle; false while it drains, leaves, or its
   *     disk is full
   */
  record Presence(
      Instant at,
      UUID workerId,
      String deviceClass,
      String device,
      long memoryBytes,
      @JsonFormat(with = JsonFormat.Feature.WRITE_SORTED_MAP_ENTRIES) Map<String, String> versions,
      Optional<UUID> executionId,
      boolean accepting)
      implements Report {
    public Presence {
      requireNonNull(at, "at");
      requireNonNull(workerId, "workerId");
      Topics.requireDeviceClass(deviceClass);
      requireNonNull(device, "device");
      versions = Map.copyOf(versions);
      executionId = executionId == null ? Optional.empty() : executionId;
    }
  }

  /** An execution has taken an attempt. */
  record Started(Instant at, String taskKey, int attempt, UUID executionId, UUID workerId)
      implements ExecutionReport {
    public Started {
      requireNonNull(at, "at");
      requireNonNull(taskKey, "taskKey");
      requireNonNull(executionId, "executionId");
      requireNonNull(workerId, "workerId");
    }
  }

  /** The execution lives; keeps the lease. */
  record Heartbeat(
      Instant at, String taskKey, int attempt, UUID executionId, long step, long totalSteps)
      implements ExecutionReport {
    public Heartbeat {
      requireNonNull(at, "at");
      requireNonNull(taskKey, "taskKey");
      requireNonNull(executionId, "executionId");
    }
  }

  /** Resumable state is in the store; keeps the lease. */
  record Checkpointed(
      Instant at, String taskKey, int attempt, UUID executionId, long step, Artifact checkpoint)
      implements ExecutionReport {
    public Checkpointed {
      requireNonNull(at, "at");
      requireNonNull(taskKey, "taskKey");
      requireNonNull(executionId, "executionId");
      requireNonNull(checkpoint, "checkpoint");
    }
  }

  /**
   * The task is done and its artifacts are in the store.
   *
   * @param artifacts the manifest
   * @param scores numbers by name, such as {@code fd:0123456789ab/multi}, {@code nfe}
   * @param provenance commit, device, engine, threads; kept and shown, not part of the key
   * @param seconds wall time of the execution
   */
  record Succeeded(
      Instant at,
      String taskKey,
      int attempt,
      UUID executionId,
      List<Artifact> artifacts,
      @JsonFormat(with = JsonFormat.Feature.WRITE_SORTED_MAP_ENTRIES) Map<String, Double> scores,
      @JsonFormat(with = JsonFormat.Feature.WRITE_SORTED_MAP_ENTRIES)
          Map<String, String> provenance,
      double seconds)
      implements ExecutionReport {
    public Succeeded {
      requireNonNull(at, "at");
      requireNonNull(taskKey, "taskKey");
      requireNonNull(executionId, "executionId");
      artifacts = List.copyOf(artifacts);
      scores = Map.copyOf(scores);
      provenance = Map.copyOf(provenance);
    }
  }

  /**
   * The execution failed.
   *
   * @param message one sentence for people
   * @param logTail the last lines that the task logged, at most 100
   */
  record Failed(
      Instant at,
      String taskKey,
      int attempt,
      UUID executionId,
      FailureCode code,
      String message,
      List<String> logTail)
      implements ExecutionReport {
    public Failed {
      requireNonNull(at, "at");
      requireNonNull(taskKey, "taskKey");
      requireNonNull(executionId, "executionId");
      requireNonNull(code, "code");
      requireNonNull(message, "message");
      logTail = List.copyOf(logTail);
    }
  }

  /** The worker hands the task back unfinished (drain); not charged. */
  record Released(Instant at, String taskKey, int attempt, UUID executionId)
      implements ExecutionReport {
    public Released {
      requireNonNull(at, "at");
      requireNonNull(taskKey, "taskKey");
      requireNonNull(executionId, "executionId");
    }
  }
}
