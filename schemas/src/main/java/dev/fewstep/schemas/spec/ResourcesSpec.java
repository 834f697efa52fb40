package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNullElse;

import dev.fewstep.schemas.Topics;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a task needs of a worker.
 *
 * @param deviceClass class of device, default {@code cpu}
 * @param memory least memory of the device, such as {@code 2GiB} or {@code 512MiB}
 */
public record ResourcesSpec(String deviceClass, Optional<String> memory) {
  private static final Pattern MEMORY = Pattern.compile("([1-9][0-9]{0,6})(MiB|GiB)");

  public ResourcesSpec {
    deviceClass = Topics.requireDeviceClass(requireNonNullElse(deviceClass, "cpu"));
    memory = memory == null ? Optional.empty() : memory;
    memory.ifPresent(
        text ->
            require(
                MEMORY.matcher(text).matches(),
                "memory must be a number of MiB or GiB such as 2GiB, not '%s'",
                text));
  }

  /** The least memory in bytes; empty when none is asked for. */
  public OptionalLong memoryBytes() {
    if (memory.isEmpty()) {
      return OptionalLong.empty();
    }
    Matcher parts = MEMORY.matcher(memory.get());
    require(parts.matches(), "checked when made: %s", memory);
    long unit = "GiB".equals(parts.group(2)) ? 1L << 30 : 1L << 20;
    return OptionalLong.of(Math.multiplyExact(Long.parseLong(parts.group(1)), unit));
  }
}
