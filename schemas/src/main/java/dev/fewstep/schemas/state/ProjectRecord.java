package dev.fewstep.schemas.state;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

/**
 * A project's share of the devices.
 *
 * @param name as in {@code metadata.project}
 * @param weight its weight in fair sharing, above 0 and finite
 * @param maxDevices devices that its tasks hold at once, 0 for no bound
 */
public record ProjectRecord(String name, double weight, int maxDevices) implements StateValue {
  public ProjectRecord {
    requireNonNull(name, "name");
    require(
        weight > 0 && Double.isFinite(weight), "weight must be above 0 and finite, not %s", weight);
    require(maxDevices >= 0, "maxDevices must not be negative, not %s", maxDevices);
  }

  /** A project that nobody set: weight 1, no bound. */
  public static ProjectRecord unset(String name) {
    return new ProjectRecord(name, 1, 0);
  }
}
