package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

/**
 * One of several feature spaces that a loss is summed over.
 *
 * @param extractor imported feature extractor, {@code NAME} or {@code NAME/MODE}
 * @param weight factor of its MMD in the sum, above 0, default 1
 */
public record WeightedExtractor(String extractor, Double weight) {
  public WeightedExtractor {
    requireNonNull(extractor, "extractors.extractor is required");
    weight = requireNonNullElse(weight, 1.0);
    require(weight > 0, "weight must be positive, not %s", weight);
  }
}
