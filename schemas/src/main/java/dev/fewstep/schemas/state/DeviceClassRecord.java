package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Topics;
import java.time.Instant;

/**
 * A device class that a worker has announced; its task topic and share group must exist.
 *
 * @param since when its first worker appeared, record time
 */
public record DeviceClassRecord(String name, Instant since) implements StateValue {
  public DeviceClassRecord {
    Topics.requireDeviceClass(name);
    requireNonNull(since, "since");
  }
}
