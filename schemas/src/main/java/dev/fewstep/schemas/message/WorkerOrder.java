package dev.fewstep.schemas.message;

import static java.util.Objects.requireNonNull;

import java.util.UUID;

/**
 * What a worker is asked, on the control topic beside what it must know of tasks; compacted by
 * worker.
 *
 * @param workerId the worker
 * @param drain whether it takes no task until it is told otherwise
 */
public record WorkerOrder(UUID workerId, boolean drain) {
  /** What the keys of orders begin with; those of tasks are task keys. */
  private static final String PREFIX = "worker/";

  public WorkerOrder {
    requireNonNull(workerId, "workerId");
  }

  /** The key of the record. */
  public String key() {
    return PREFIX + workerId;
  }

  /** Whether a key of the control topic is that of an order. */
  public static boolean isKey(String key) {
    return key.startsWith(PREFIX);
  }
}
