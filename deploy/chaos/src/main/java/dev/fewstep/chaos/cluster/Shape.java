package dev.fewstep.chaos.cluster;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What an installation consists of and how short its times are.
 *
 * @param brokers 1 or 3
 * @param orchestrators replicas
 * @param workers workers of the class {@code cpu}
 * @param directory where everything lies
 * @param lease how long an execution may be silent
 * @param presence how long a worker may be silent
 * @param dispatch how long a published attempt may stay unstarted
 * @param session how long a leader may be silent
 * @param beat time between heartbeats
 * @param poison losses in a row that fail a task
 * @param diskMegabytes size of each worker's own disk
 */
public record Shape(
    int brokers,
    int orchestrators,
    int workers,
    Path directory,
    Duration lease,
    Duration presence,
    Duration dispatch,
    Duration session,
    Duration beat,
    int poison,
    int diskMegabytes) {
  public Shape {
    requireNonNull(directory, "directory");
    if (brokers != 1 && brokers != 3) {
      throw new IllegalArgumentException("there are 1 or 3 brokers, not " + brokers);
    }
    if (orchestrators < 1 || workers < 1) {
      throw new IllegalArgumentException("there must be orchestrators and workers");
    }
  }

  /** With the usual short times. */
  public static Shape of(int brokers, int workers, Path directory) {
    return new Shape(
        brokers,
        2,
        workers,
        directory,
        Duration.ofSeconds(6),
        Duration.ofSeconds(4),
        Duration.ofSeconds(5),
        Duration.ofSeconds(6),
        Duration.ofSeconds(1),
        5,
        32);
  }
}
