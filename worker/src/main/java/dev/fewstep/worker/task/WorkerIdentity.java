package dev.fewstep.worker.task;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Topics;
import java.util.Map;
import java.util.UUID;

/**
 * Who a worker is, for its presence.
 *
 * @param workerId stable over the life of the process
 * @param deviceClass the class whose tasks it takes
 * @param device the device in words
 * @param memoryBytes memory of the device
 * @param versions versions of fewstep, engine and so on
 */
public record WorkerIdentity(
    UUID workerId,
    String deviceClass,
    String device,
    long memoryBytes,
    Map<String, String> versions) {
  public WorkerIdentity {
    requireNonNull(workerId, "workerId");
    Topics.requireDeviceClass(deviceClass);
    requireNonNull(device, "device");
    versions = Map.copyOf(versions);
  }
}
