package dev.fewstep.worker.features;

import static java.util.Objects.requireNonNull;

/**
 * What the name of a score must say of a feature space beside its extractor.
 *
 * @param family whether distances in it have names of their own
 * @param preprocess how images reach the network, such as {@code bilinear299}; empty when they
 *     enter as they are
 * @param differentiable whether features have a gradient with respect to the images; only then can
 *     the space be trained on
 */
public record SpaceTraits(Family family, String preprocess, boolean differentiable) {
  /** Which network's features, as far as names of scores go. */
  public enum Family {
    /** ImageNet Inception-v3, the 2,048 means of the last block: FID and KID. */
    INCEPTION,
    /** ImageNet Inception-v3, first 7 channels of {@code mixed_6/conv} (17x17): sFID. */
    INCEPTION_SPATIAL,
    /** Any other: FD and KD with the extractor's name. */
    OTHER
  }

  /** Another network, given images as they are, differentiable. */
  public static final SpaceTraits PLAIN = new SpaceTraits(Family.OTHER, "", true);

  public SpaceTraits {
    requireNonNull(family, "family");
    requireNonNull(preprocess, "preprocess");
  }

  /** Whether distances in the space may be called FID and KID. */
  public boolean inception() {
    return family == Family.INCEPTION;
  }
}
