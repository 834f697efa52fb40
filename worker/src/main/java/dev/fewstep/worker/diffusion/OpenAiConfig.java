package dev.fewstep.worker.diffusion;

import java.util.List;

/**
 * The shape of an improved- or guided-diffusion U-Net.
 *
 * @param imageSize edge of the square image in pixels, 1 to 1024
 * @param channels of the image, 1 to 16
 * @param width channels of the time embedding's input, and of the first level where its multiplier
 *     is 1
 * @param multipliers of the width, one per level from fine to coarse
 * @param resBlocks residual blocks per level on the way down; one more on the way up
 * @param attention sizes of feature maps at which attention follows a block; the middle always has
 *     it
 * @param groups of the group normalisation (32 in the published code)
 * @param dropout probability in residual blocks, in [0, 1)
 * @param prediction what the network predicts
 * @param resample how levels are joined
 * @param scaleShift whether the timestep scales and shifts the second normalisation; else it is
 *     added before it
 * @param heads of attention where headChannels is 0
 * @param headChannels channels of one head, 0 to divide by heads
 * @param newAttentionOrder whether queries, keys and values are split before the heads (guided's
 *     {@code use_new_attention_order}); else heads come first
 * @param learnedSigma whether the output has twice the image's channels; the second half is not
 *     used
 * @param classes of a conditional network, 0 for none
 */
public record OpenAiConfig(
    int imageSize,
    int channels,
    int width,
    List<Integer> multipliers,
    int resBlocks,
    List<Integer> attention,
    int groups,
    double dropout,
    PredictionType prediction,
    Resample resample,
    boolean scaleShift,
    int heads,
    int headChannels,
    boolean newAttentionOrder,
    boolean learnedSigma,
    int classes) {
  /** How levels are joined. */
  public enum Resample {
    /** A convolution of stride 2 down; repetition and a convolution up. */
    CONVOLUTION,
    /** Average pooling down; repetition up ({@code conv_resample: false}). */
    POOLING,
    /** Residual blocks that pool or repeat inside ({@code resblock_updown}). */
    RESIDUAL
  }

  /** Checks. */
  public OpenAiConfig {
    multipliers = List.copyOf(multipliers);
    attention = List.copyOf(attention);
    require(imageSize >= 1 && imageSize <= 1024, "imageSize must be 1 to 1024, not " + imageSize);
    require(channels >= 1 && channels <= 16, "channels must be 1 to 16, not " + channels);
    require(width >= 2 && width <= 4096, "width must be 2 to 4096, not " + width);
    require(!multipliers.isEmpty() && multipliers.size() <= 8, "1 to 8 multipliers are needed");
    require(resBlocks >= 1 && resBlocks <= 16, "resBlocks must be 1 to 16, not " + resBlocks);
    require(groups >= 1, "groups must be at least 1, not " + groups);
    require(heads >= 1, "heads must be at least 1, not " + heads);
    require(headChannels >= 0, "headChannels must be 0 or more, not " + headChannels);
    require(classes >= 0, "classes must be 0 or more, not " + classes);
    require(dropout >= 0 && dropout < 1, "dropout must be in [0, 1), not " + dropout);
    int factor = 1 << (multipliers.size() - 1);
    require(
        imageSize % factor == 0,
        "imageSize must be divisible by " + factor + " for " + multipliers.size() + " levels");
    for (int level = 0; level < multipliers.size(); level++) {
      int multiplier = multipliers.get(level);
      require(multiplier >= 1 && multiplier <= 64, "a multiplier must be 1 to 64: " + multiplier);
      int channelsHere = width * multiplier;
      require(
          channelsHere % groups == 0,
          "groups (" + groups + ") must divide the width of every level (" + channelsHere + ")");
      boolean middle = level == multipliers.size() - 1;
      if (middle || attention.contains(imageSize >> level)) {
        int by = headChannels > 0 ? headChannels : heads;
        require(
            channelsHere % by == 0,
            (headChannels > 0 ? "headChannels (" : "heads (")
                + by
                + ") must divide the width of every level with attention ("
                + channelsHere
                + ")");
      }
    }
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException("OpenAI U-Net: " + message);
    }
  }

  /** Channels that the network puts out. */
  int outputs() {
    return learnedSigma ? 2 * channels : channels;
  }

  /** Heads of an attention layer of so many channels. */
  int headsOf(int layerChannels) {
    return headChannels > 0 ? layerChannels / headChannels : heads;
  }
}
