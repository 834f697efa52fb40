package dev.fewstep.orchestrator.panel;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Ordered;
import java.util.Map;

/**
 * What this process knows at one moment; totals since it began where not said otherwise.
 *
 * @param finished tasks that ended, by kind
 * @param queued ready unpublished tasks now, by class
 * @param busy workers that run a task now, by class
 * @param idle workers that would start one now, by class
 * @param imagesPerSecond images that running finetunes use a second now
 * @param inboxLag unread inbox records now
 * @param transactions the leader's transactions
 * @param requests answers
 */
public record Readings(
    Map<String, Double> finished,
    Map<String, Double> queued,
    Map<String, Double> busy,
    Map<String, Double> idle,
    double imagesPerSecond,
    double inboxLag,
    Times transactions,
    Times requests) {
  public Readings {
    finished = Ordered.copyOf(finished);
    queued = Ordered.copyOf(queued);
    busy = Ordered.copyOf(busy);
    idle = Ordered.copyOf(idle);
    requireNonNull(transactions, "transactions");
    requireNonNull(requests, "requests");
  }

  /**
   * How often something was done and how long that took together.
   *
   * @param seconds together
   */
  public record Times(double count, double seconds) {}
}
