package dev.fewstep.schemas.spec;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

/**
 * The real images.
 *
 * @param train name of the imported dataset that is trained on
 * @param flip whether images are mirrored at random in finetuning
 */
public record DataSpec(String train, Boolean flip) {
  public DataSpec {
    requireNonNull(train, "data.train is required");
    flip = requireNonNullElse(flip, false);
  }
}
