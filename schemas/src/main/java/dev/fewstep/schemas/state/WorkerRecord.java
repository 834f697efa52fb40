package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonFormat;
import dev.fewstep.schemas.Topics;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A worker as its last presence told; removed when it is silent for too long.
 *
 * @param memoryBytes memory of the device
 * @param executionId the execution it holds; empty when idle
 * @param accepting whether it takes another task when idle
 * @param seenAt record time of its last report
 * @param draining whether a person asked it to drain: nothing is meant for it
 */
public record WorkerRecord(
    UUID workerId,
    String deviceClass,
    String device,
    long memoryBytes,
    @JsonFormat(with = JsonFormat.Feature.WRITE_SORTED_MAP_ENTRIES) Map<String, String> versions,
    Optional<UUID> executionId,
    boolean accepting,
    Instant seenAt,
    boolean draining)
    implements StateValue {
  public WorkerRecord {
    requireNonNull(workerId, "workerId");
    Topics.requireDeviceClass(deviceClass);
    requireNonNull(device, "device");
    versions = Map.copyOf(versions);
    executionId = executionId == null ? Optional.empty() : executionId;
    requireNonNull(seenAt, "seenAt");
  }

  /** Whether a task published now could be taken by it. */
  public boolean idle() {
    return accepting && !draining && executionId.isEmpty();
  }

  /** The same worker, holding another execution or none. */
  public WorkerRecord holding(Optional<UUID> execution, Instant at) {
    return new WorkerRecord(
        workerId, deviceClass, device, memoryBytes, versions, execution, accepting, at, draining);
  }

  /** The same worker, asked to drain or to take tasks again. */
  public WorkerRecord draining(boolean value) {
    return new WorkerRecord(
        workerId,
        deviceClass,
        device,
        memoryBytes,
        versions,
        executionId,
        accepting,
        seenAt,
        value);
  }
}
