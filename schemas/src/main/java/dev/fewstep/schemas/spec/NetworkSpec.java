package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.util.List;
import java.util.Locale;

/**
 * A denoiser's network: the U-Net of DDIM, that of improved- and guided-diffusion, or a TorchScript
 * module. Fields that an architecture has no use for must be left at their default.
 *
 * @param imageSize height and width in pixels
 * @param channels image channels
 * @param width channels of the first level
 * @param multipliers channel multiplier of each level, finest first
 * @param resBlocks residual blocks a level on the way down (one more on the way up)
 * @param attention feature-map sizes with self-attention
 * @param groups groups of the group normalisation; openai uses eps 1e-5, ddim 1e-6
 * @param dropout probability in [0, 1)
 * @param patch space-to-depth factor in front of the network, 1 for none
 * @param prediction what the network predicts
 * @param schedule noise schedule that it was, or is to be, trained with
 * @param architecture which network, default ddim
 * @param resampConv whether levels are joined by convolutions (else by pooling and repetition)
 * @param resblockUpdown openai: whether levels are joined by residual blocks instead
 * @param scaleShift openai: whether the timestep scales and shifts the second normalisation (else
 *     it is added before it)
 * @param heads openai: attention heads where headChannels is 0
 * @param headChannels openai: channels of one attention head, 0 to divide by heads
 * @param newAttentionOrder openai: whether queries, keys and values are split before the heads
 * @param learnedSigma openai, torchscript: whether the output has twice the image's channels, of
 *     which the second half, the variance, is not used
 * @param classes openai: classes of a conditional network, 0 for none
 * @param rescaleTimesteps whether the network is given t 1000 / T instead of t
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
    NoiseScheduleSpec schedule,
    Architecture architecture,
    Boolean resampConv,
    Boolean resblockUpdown,
    Boolean scaleShift,
    Integer heads,
    Integer headChannels,
    Boolean newAttentionOrder,
    Boolean learnedSigma,
    Integer classes,
    Boolean rescaleTimesteps) {
  @JsonCreator
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
    architecture = requireNonNullElse(architecture, Architecture.DDIM);
    resampConv = requireNonNullElse(resampConv, true);
    resblockUpdown = requireNonNullElse(resblockUpdown, false);
    scaleShift = requireNonNullElse(scaleShift, true);
    heads = requireNonNullElse(heads, 1);
    headChannels = requireNonNullElse(headChannels, 0);
    newAttentionOrder = requireNonNullElse(newAttentionOrder, false);
    learnedSigma = requireNonNullElse(learnedSigma, false);
    classes = requireNonNullElse(classes, 0);
    rescaleTimesteps = requireNonNullElse(rescaleTimesteps, false);
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
    require(heads >= 1, "heads must be positive, not %s", heads);
    require(headChannels >= 0, "headChannels must be 0 or more, not %s", headChannels);
    require(classes >= 0, "classes must be 0 or more, not %s", classes);
    if (architecture != Architecture.OPENAI) {
      boolean plain = !resblockUpdown && scaleShift && !newAttentionOrder;
      require(
          plain && heads == 1 && headChannels == 0 && classes == 0,
          "resblockUpdown, scaleShift, heads, headChannels, newAttentionOrder and classes belong to"
              + " architecture openai, not to %s",
          architecture.name().toLowerCase(Locale.ROOT));
    }
    require(
        architecture == Architecture.DDIM || patch == 1,
        "patch (%s) belongs to architecture ddim",
        patch);
    require(
        architecture != Architecture.DDIM || !learnedSigma,
        "learnedSigma belongs to architectures openai and torchscript");
  }

  /** A DDIM U-Net with convolutions between its levels. */
  public NetworkSpec(
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
        schedule,
        Architecture.DDIM,
        true,
        false,
        true,
        1,
        0,
        false,
        false,
        0,
        false);
  }
}
