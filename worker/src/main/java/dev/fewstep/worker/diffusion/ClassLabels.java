package dev.fewstep.worker.diffusion;

import dev.fewstep.worker.tensor.StreamSeed;
import java.util.Arrays;

/**
 * Which class each image of a conditional network is of: one class for all, or a class drawn
 * uniformly by the seed and the image's index, whatever the batch.
 *
 * @param classes of the network, 0 for an unconditional one
 * @param fixed the class of every image, or -1 to draw
 */
public record ClassLabels(int classes, int fixed) {
  /** Checks. */
  public ClassLabels {
    if (classes < 0) {
      throw new IllegalArgumentException("classes must be 0 or more, not " + classes);
    }
    if (fixed < -1 || (fixed >= 0 && fixed >= classes)) {
      throw new IllegalArgumentException(
          classes == 0
              ? "The network has no classes, so that label " + fixed + " cannot be asked for"
              : "label must be 0 to " + (classes - 1) + " or -1 to draw, not " + fixed);
    }
  }

  /**
   * Drawn labels.
   *
   * @param classes of the network, 0 for none
   * @return labels by seed and index
   */
  public static ClassLabels drawn(int classes) {
    return new ClassLabels(classes, -1);
  }

  /**
   * Labels of images.
   *
   * @param seed of the stream
   * @param step of the stream, such as a training step
   * @param from index of the first image
   * @param count number of images
   * @return one class an image; empty for an unconditional network
   */
  public long[] of(long seed, long step, long from, int count) {
    long[] labels = new long[classes == 0 ? 0 : count];
    if (fixed >= 0) {
      Arrays.fill(labels, fixed);
    } else {
      Arrays.setAll(
          labels, i -> Math.floorMod(StreamSeed.of(seed, "label", step, from + i), classes));
    }
    return labels;
  }

  /**
   * A denoiser of images with these labels.
   *
   * @param denoiser the network
   * @param seed of the stream
   * @param step of the stream, such as a training step
   * @param from index of the first image
   * @param count number of images in every batch that it will see
   * @return the denoiser itself where it is unconditional
   */
  public Denoiser label(Denoiser denoiser, long seed, long step, long from, int count) {
    return classes == 0 ? denoiser : denoiser.withLabels(of(seed, step, from, count));
  }
}
