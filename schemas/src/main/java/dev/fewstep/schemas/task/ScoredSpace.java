package dev.fewstep.schemas.task;

import static java.util.Objects.requireNonNull;

/**
 * A space to score in.
 *
 * @param space the feature space
 * @param statistics statistics of the real images in it
 */
public record ScoredSpace(FeatureSpace space, SourceRef statistics) {
  public ScoredSpace {
    requireNonNull(space, "space");
    requireNonNull(statistics, "statistics");
  }
}
