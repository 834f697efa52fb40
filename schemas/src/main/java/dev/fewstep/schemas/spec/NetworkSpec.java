package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNullElse;

import java.util.List;

/**
 * A DDIM U-Net (facts: mmd-ddm 5g).
 *
 * @param imageSize height and width in pixels
 * @param channels image channels
 * @param width channels of the first level
 * @param multipliers channel multiplier of each level, finest first
 * @param resBlocks residual blocks a level on the way down (one more on the way up)
 * @param attention feature-map sizes with self-attention
 * @param groups groups of the group normalisation
 * @param dropout probability in [0, 1)
 * @param patch space-to-depth factor in front of the network, 1 for none
 * @param prediction what the network predicts
 * @param schedule noise schedule that it was, or is to be, trained with
 */
public record NetworkSpec(
    Integer imageSize,
    Integer channels,
    Integer width,
    List<Integer> multipliers,
    Integer resBlocks,
    List<Integer> attention,
    Integer groups,
    Double dropout,
    Integer patch,
    PredictionKind prediction,
    NoiseScheduleSpec schedule) {
  public NetworkSpec {
    imageSize = requireNonNullElse(imageSize, 32);
    channels = requireNonNullElse(channels, 3);
    width = requireNonNullElse(width, 128);
    multipliers = List.copyOf(requireNonNullElse(multipliers, List.of(1, 2, 2, 2)));
    resBlocks = requireNonNullElse(resBlocks, 2);
    attention = List.copyOf(requireNonNullElse(attention, List.of(16)));
    groups = requireNonNullElse(groups, 32);
    dropout = requireNonNullElse(dropout, 0.0);
    patch = requireNonNullElse(patch, 1);
    prediction = requireNonNullElse(prediction, PredictionKind.EPSILON);
    schedule = requireNonNullElse(schedule, NoiseScheduleSpec.ddpm());
    require(imageSize >= 1 && imageSize <= 1024, "imageSize must be 1 to 1024, not %s", imageSize);
    require(channels >= 1 && channels <= 16, "channels must be 1 to 16, not %s", channels);
    require(groups >= 1, "groups must be positive, not %s", groups);
    require(
        width >= 1 && width % groups == 0,
        "width (%s) must be a positive multiple of groups (%s)",
        width,
        groups);
    require(!multipliers.isEmpty(), "multipliers must name at least one level");
    for (int multiplier : multipliers) {
      require(multiplier >= 1, "multipliers must be positive, not %s", multiplier);
    }
    require(resBlocks >= 1, "resBlocks must be positive, not %s", resBlocks);
    require(dropout >= 0 && dropout < 1, "dropout must be in [0, 1), not %s", dropout);
    require(
        patch >= 1 && imageSize % patch == 0,
        "patch (%s) must divide imageSize (%s)",
        patch,
        imageSize);
  }
}
