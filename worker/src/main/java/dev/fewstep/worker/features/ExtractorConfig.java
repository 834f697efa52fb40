package dev.fewstep.worker.features;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.fewstep.worker.data.ImageShape;
import java.util.List;

/**
 * A small convolutional classifier whose layers serve as features: blocks of convolution,
 * normalisation, activation and pooling, then a head. Images enter as 2x - 1. It is JSON in the
 * metadata of the weights' file.
 *
 * @param name of the network, lower-case letters, digits and hyphens
 * @param image shape of the images it takes
 * @param blocks at least one
 * @param head what follows the last block
 * @param classes of the classifier that it is trained as, at least 2
 */
public record ExtractorConfig(
    String name, ImageShape image, List<Block> blocks, Head head, Integer classes) {
  /**
   * One block; padding keeps the size but for the stride.
   *
   * @param channels of the output
   * @param kernel odd edge of the convolution, 1 to 11
   * @param stride 1 by default
   * @param depthwise whether each channel is convolved alone; then the output has the input's
   *     channels
   * @param batchNorm whether batch normalisation follows, in place of a bias
   * @param activation applied last
   * @param pool edge of a mean pooling after the activation, 1 for none
   */
  public record Block(
      Integer channels,
      Integer kernel,
      Integer stride,
      Boolean depthwise,
      Boolean batchNorm,
      Activation activation,
      Integer pool) {
    public Block {
      requireNonNull(channels, "a block needs channels");
      kernel = requireNonNullElse(kernel, 3);
      stride = requireNonNullElse(stride, 1);
      depthwise = requireNonNullElse(depthwise, false);
      batchNorm = requireNonNullElse(batchNorm, false);
      requireNonNull(activation, "a block needs an activation");
      pool = requireNonNullElse(pool, 1);
      require(channels >= 1 && channels <= 4096, "channels must be 1 to 4096, not %s", channels);
      require(
          kernel >= 1 && kernel <= 11 && kernel % 2 == 1,
          "kernel must be odd and 1 to 11, not %s",
          kernel);
      require(stride >= 1 && stride <= 8, "stride must be 1 to 8, not %s", stride);
      require(pool >= 1 && pool <= 8, "pool must be 1 to 8, not %s", pool);
    }
  }

  /**
   * The penultimate layer.
   *
   * @param flatten whether the last block's map is flattened; else its spatial mean is taken
   * @param width of the penultimate layer
   * @param activation after it
   */
  public record Head(Boolean flatten, Integer width, Activation activation) {
    public Head {
      flatten = requireNonNullElse(flatten, false);
      requireNonNull(width, "the head needs a width");
      requireNonNull(activation, "the head needs an activation");
      require(width >= 1 && width <= 8192, "width must be 1 to 8192, not %s", width);
    }
  }

  public ExtractorConfig {
    requireNonNull(name, "an extractor needs a name");
    requireNonNull(image, "an extractor needs an image shape");
    blocks = List.copyOf(requireNonNull(blocks, "an extractor needs blocks"));
    requireNonNull(head, "an extractor needs a head");
    classes = requireNonNullElse(classes, 10);
    require(name.matches("[a-z0-9][a-z0-9-]{0,62}"), "not a name: '%s'", name);
    require(!blocks.isEmpty() && blocks.size() <= 64, "1 to 64 blocks, not %s", blocks.size());
    require(classes >= 2 && classes <= 100_000, "classes must be 2 or more, not %s", classes);
    int channels = image.channels();
    int height = image.height();
    int width = image.width();
    for (Block block : blocks) {
      require(
          !block.depthwise() || block.channels() == channels,
          "a depthwise block keeps its %s channels, it cannot have %s",
          channels,
          block.channels());
      channels = block.channels();
      height = after(block, height);
      width = after(block, width);
      require(height >= 1 && width >= 1, "the blocks shrink a %s image to nothing", image);
    }
  }

  private static int after(Block block, int edge) {
    return ((edge - 1) / block.stride() + 1) / block.pool();
  }

  /** Values that enter the head. */
  @JsonIgnore
  public int headInput() {
    int height = image.height();
    int width = image.width();
    for (Block block : blocks) {
      height = after(block, height);
      width = after(block, width);
    }
    int channels = blocks.get(blocks.size() - 1).channels();
    return head.flatten() ? channels * height * width : channels;
  }

  /** Channels of all blocks together. */
  @JsonIgnore
  public int blockChannels() {
    return blocks.stream().mapToInt(Block::channels).sum();
  }
}
