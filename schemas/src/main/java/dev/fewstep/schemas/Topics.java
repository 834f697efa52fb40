package dev.fewstep.schemas;

import java.util.Optional;
import java.util.regex.Pattern;

/** Names of the Kafka topics, groups and headers (DESIGN §5). */
public final class Topics {
  /** Commands and reports; one partition. */
  public static final String INBOX = "fewstep.inbox.v1";

  /** One compacted record per entity; one partition. */
  public static final String STATE = "fewstep.state.v1";

  /** Current attempt and execution per task, cancel, drain; one partition, compacted. */
  public static final String CONTROL = "fewstep.control.v1";

  /** Training curves as they grow; keyed by task. */
  public static final String METRICS = "fewstep.metrics.v1";

  /** Partitions of {@link #METRICS}. */
  public static final int METRICS_PARTITIONS = 6;

  /** Who asked the API for what may change something; one partition. */
  public static final String AUDIT = "fewstep.audit.v1";

  private static final String TASKS_PREFIX = "fewstep.tasks.";
  private static final String VERSION_SUFFIX = ".v1";
  private static final Pattern DEVICE_CLASS = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");

  private Topics() {}

  /**
   * Topic of the tasks for a device class such as {@code cpu} or {@code gpu-80g}.
   *
   * @throws IllegalArgumentException when the class is not lower-case letters, digits and hyphens
   */
  public static String tasks(String deviceClass) {
    return TASKS_PREFIX + requireDeviceClass(deviceClass) + VERSION_SUFFIX;
  }

  /** Share group whose members take the tasks of a device class. */
  public static String shareGroup(String deviceClass) {
    return "fewstep-" + requireDeviceClass(deviceClass);
  }

  /** Device class of a task topic, empty for any other topic. */
  public static Optional<String> deviceClassOf(String topic) {
    if (topic.startsWith(TASKS_PREFIX) && topic.endsWith(VERSION_SUFFIX)) {
      return Optional.of(
          topic.substring(TASKS_PREFIX.length(), topic.length() - VERSION_SUFFIX.length()));
    }
    return Optional.empty();
  }

  /**
   * Returns {@code deviceClass} when it can be a part of a topic's name.
   *
   * @throws IllegalArgumentException otherwise
   */
  public static String requireDeviceClass(String deviceClass) {
    if (!DEVICE_CLASS.matcher(deviceClass).matches()) {
      throw new IllegalArgumentException(
          "a device class is 1 to 40 lower-case letters, digits and hyphens, not '"
              + deviceClass
              + "'");
    }
    return deviceClass;
  }
}
