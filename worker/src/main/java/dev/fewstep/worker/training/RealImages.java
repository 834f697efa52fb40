package dev.fewstep.worker.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.StreamSeed;
import java.util.Random;

/** Batches of real images in the order of an epoch, mirrored at random when asked. */
final class RealImages {
  private final ImageDataset dataset;
  private final DataOrder order;
  private final boolean flip;
  private final long seed;

  RealImages(ImageDataset dataset, boolean flip, long seed) {
    this.dataset = dataset;
    order = new DataOrder(seed, dataset.size());
    this.flip = flip;
    this.seed = seed;
  }

  int size() {
    return dataset.size();
  }

  /**
   * Images on the manager's device.
   *
   * @param first number of the first image, counted over all epochs
   * @param count number of images
   * @param draw number of the batch, which decides what is mirrored
   */
  NDArray batch(NDManager scope, long first, int count, long draw) {
    return Autograd.off(
        () -> {
          NDArray images =
              dataset.batch(scope, order.indices(first, count)).toDevice(scope.getDevice(), false);
          if (!flip) {
            return images;
          }
          Random random = new Random(StreamSeed.of(seed, "flip", draw));
          float[] chosen = new float[count];
          for (int i = 0; i < count; i++) {
            chosen[i] = random.nextBoolean() ? 1 : 0;
          }
          return mirror(images, chosen);
        });
  }

  /** Mirrors the images whose number is 1 and leaves those whose number is 0. */
  static NDArray mirror(NDArray images, float[] chosen) {
    NDArray column = images.getManager().create(chosen, new Shape(chosen.length, 1, 1, 1));
    return images.add(images.flip(3).sub(images).mul(column));
  }
}
