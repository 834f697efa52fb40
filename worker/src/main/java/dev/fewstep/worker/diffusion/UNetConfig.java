package dev.fewstep.worker.diffusion;

import java.util.List;

/**
 * The shape of a DDIM U-Net.
 *
 * @param imageSize edge of the square image in pixels, 1 to 1024
 * @param channels of the image, 1 to 16
 * @param width channels of the first level
 * @param multipliers of the width, one per level from fine to coarse
 * @param resBlocks residual blocks per level on the way down; one more on the way up
 * @param attention sizes (as the network sees them, after {@code patch}) at which attention follows
 *     a block; the middle always has it
 * @param groups of the group normalisation; divides every level's width
 * @param dropout probability in residual blocks, in [0, 1)
 * @param patch space-to-depth factor: the network sees patch² channels at 1/patch of the size; 1
 *     for none
 * @param prediction what the network predicts
 * @param resampConv whether levels are joined by convolutions; else by 2x2 average pooling and
 *     nearest repetition alone ({@code resamp_with_conv: false})
 */
public record UNetConfig(
    int imageSize,
    int channels,
    int width,
    List<Integer> multipliers,
    int resBlocks,
    List<Integer> attention,
    int groups,
    double dropout,
    int patch,
    PredictionType prediction,
    boolean resampConv) {
  /** Checks. */
  public UNetConfig {
    multipliers = List.copyOf(multipliers);
    attention = List.copyOf(attention);
    require(imageSize >= 1 && imageSize <= 1024, "imageSize must be 1 to 1024, not " + imageSize);
    require(channels >= 1 && channels <= 16, "channels must be 1 to 16, not " + channels);
    require(width >= 4 && width <= 4096, "width must be 4 to 4096, not " + width);
    require(!multipliers.isEmpty() && multipliers.size() <= 8, "1 to 8 multipliers are needed");
    require(resBlocks >= 1 && resBlocks <= 16, "resBlocks must be 1 to 16, not " + resBlocks);
    require(groups >= 1, "groups must be at least 1, not " + groups);
    for (int multiplier : multipliers) {
      require(multiplier >= 1 && multiplier <= 64, "a multiplier must be 1 to 64: " + multiplier);
      require(
          width * multiplier % groups == 0,
          "groups ("
              + groups
              + ") must divide the width of every level ("
              + width
              + " * "
              + multiplier
              + ")");
    }
    require(dropout >= 0 && dropout < 1, "dropout must be in [0, 1), not " + dropout);
    require(patch >= 1 && imageSize % patch == 0, "patch must divide imageSize: " + patch);
    int factor = 1 << (multipliers.size() - 1);
    require(
        imageSize / patch % factor == 0,
        "imageSize / patch must be divisible by "
            + factor
            + " for "
            + multipliers.size()
            + " levels");
  }

  /** With convolutions between levels, as all published checkpoints have. */
  public UNetConfig(
      int imageSize,
      int channels,
      int width,
      List<Integer> multipliers,
      int resBlocks,
      List<Integer> attention,
      int groups,
      double dropout,
      int patch,
      PredictionType prediction) {
    this(
        imageSize,
        channels,
        width,
        multipliers,
        resBlocks,
        attention,
        groups,
        dropout,
        patch,
        prediction,
        true);
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException("U-Net: " + message);
    }
  }
}
