package dev.fewstep.schemas.task;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

/**
 * A feature space that a loss is summed over.
 *
 * @param space the feature space
 * @param weight factor of its MMD, above 0
 */
public record WeightedSpace(FeatureSpace space, double weight) {
  public WeightedSpace {
    requireNonNull(space, "space");
    require(weight > 0, "weight must be positive, not %s", weight);
  }
}
