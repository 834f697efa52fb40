package dev.fewstep.schemas.spec;

import static java.util.Objects.requireNonNullElse;

import dev.fewstep.schemas.Topics;
import java.util.Optional;

/**
 * What a task needs of a worker.
 *
 * @param deviceClass class of device, default {@code cpu}
 * @param memory least memory of the device, such as {@code 2GiB}
 */
public record ResourcesSpec(String deviceClass, Optional<String> memory) {
  public ResourcesSpec {
    deviceClass = Topics.requireDeviceClass(requireNonNullElse(deviceClass, "cpu"));
    memory = memory == null ? Optional.empty() : memory;
  }
}
