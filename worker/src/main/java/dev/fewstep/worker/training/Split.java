package dev.fewstep.worker.training;

import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.tensor.StreamSeed;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A dataset in two parts that share no image. Which image is where depends on the number of images
 * and the fraction alone, so that trials with other seeds hold out the same ones.
 *
 * @param train what is trained on
 * @param heldOut what is not
 */
public record Split(ImageDataset train, ImageDataset heldOut) {
  /**
   * Holds images out.
   *
   * @param dataset at least 2 images
   * @param fraction in (0, 1): so many are held out, rounded up, but never all
   * @return both parts
   */
  public static Split of(ImageDataset dataset, double fraction) {
    int size = dataset.size();
    if (size < 2 || !(fraction > 0 && fraction < 1)) {
      throw new IllegalArgumentException(
          "No part of " + fraction + " can be held out of " + size + " images");
    }
    int[] order = IntStream.range(0, size).toArray();
    Random random = new Random(StreamSeed.of(0, "validation-split", size));
    for (int i = size - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
    int held = Math.min(size - 1, (int) Math.ceil(size * fraction));
    int[] heldOut = IntStream.range(0, held).map(i -> order[i]).sorted().toArray();
    int[] train = IntStream.range(held, size).map(i -> order[i]).sorted().toArray();
    return new Split(new Part(dataset, train), new Part(dataset, heldOut));
  }

  /** Some of a dataset's images. */
  private static final class Part implements ImageDataset {
    private final ImageDataset whole;
    private final int[] chosen;

    Part(ImageDataset whole, int[] chosen) {
      this.whole = whole;
      this.chosen = chosen;
    }

    @Override
    public int size() {
      return chosen.length;
    }

    @Override
    public ImageShape shape() {
      return whole.shape();
    }

    @Override
    public float[] values(int[] indices) {
      return whole.values(IntStream.of(indices).map(i -> chosen[i]).toArray());
    }

    @Override
    public byte[] image(int index) {
      return whole.image(chosen[index]);
    }

    /** The whole dataset's: which of its images are here follows from it. */
    @Override
    public String digest() {
      return whole.digest();
    }

    @Override
    public Optional<int[]> labels() {
      return whole.labels().map(labels -> IntStream.of(chosen).map(i -> labels[i]).toArray());
    }
  }
}
