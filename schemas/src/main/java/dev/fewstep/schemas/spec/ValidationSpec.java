package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNullElse;

import java.util.Optional;

/**
 * Watching a finetune on real images that it does not train on, and ending it early. The weights of
 * the best validation are kept.
 *
 * @param every iterations between validations, at least 1
 * @param samples images on either side of the validation's MMD, at least 2
 * @param patience validations without a new best after which training ends; 0 for never
 * @param dataset name of an imported dataset to validate on; a split of the training images when
 *     absent
 * @param fraction part of the training images that is held out when no dataset is named, in (0,
 *     0.5]
 */
public record ValidationSpec(
    Integer every, Integer samples, Integer patience, Optional<String> dataset, Double fraction) {
  public ValidationSpec {
    every = requireNonNullElse(every, 10);
    samples = requireNonNullElse(samples, 256);
    patience = requireNonNullElse(patience, 5);
    dataset = dataset == null ? Optional.empty() : dataset;
    fraction = requireNonNullElse(fraction, 0.1);
    require(every >= 1, "every must be positive, not %s", every);
    require(samples >= 2, "samples must be at least 2, not %s", samples);
    require(patience >= 0, "patience must not be negative, not %s", patience);
    require(fraction > 0 && fraction <= 0.5, "fraction must be in (0, 0.5], not %s", fraction);
  }

  /** The same without the dataset's name, which is no part of a task. */
  public ValidationSpec nameless() {
    return new ValidationSpec(every, samples, patience, Optional.empty(), fraction);
  }
}
