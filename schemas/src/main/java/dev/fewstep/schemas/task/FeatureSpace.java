package dev.fewstep.schemas.task;

import static java.util.Objects.requireNonNull;

/**
 * A feature space: an extractor and the mode in which its layers are read.
 *
 * @param extractor the extractor's file
 * @param mode mode of the extractor, empty for its default
 */
public record FeatureSpace(SourceRef extractor, String mode) {
  public FeatureSpace {
    requireNonNull(extractor, "extractor");
    requireNonNull(mode, "mode");
  }

  /** Name under which scores in this space are kept: {@code <first 12 hex digits>[/mode]}. */
  public String id() {
    String source = extractor.value().substring(extractor.value().indexOf(':') + 1);
    return source.substring(0, 12) + (mode.isEmpty() ? "" : "/" + mode);
  }
}
