package dev.fewstep.worker.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.data.Prefetch;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.StreamSeed;
import dev.fewstep.worker.tensor.Tensors;
import java.util.Random;
import java.util.function.LongFunction;

/**
 * Batches of real images in the order of an epoch, mirrored at random when asked; read, mirrored
 * and made to floats on a thread of their own while the step before runs.
 */
final class RealImages implements AutoCloseable {
  /** Batches that may be waiting. */
  private static final int AHEAD = 2;

  private final ImageDataset dataset;
  private final DataOrder order;
  private final boolean flip;
  private final long seed;
  private final Prefetch<float[]> ahead;

  /**
   * Prepares; nothing is read before the first batch is asked for.
   *
   * @param plan the batch of every number, so that it can be read ahead
   */
  RealImages(ImageDataset dataset, boolean flip, long seed, LongFunction<Epochs.MiniBatch> plan) {
    this.dataset = dataset;
    order = new DataOrder(seed, dataset.size());
    this.flip = flip;
    this.seed = seed;
    ahead = new Prefetch<>("fewstep-images", AHEAD, draw -> values(plan.apply(draw)));
  }

  int size() {
    return dataset.size();
  }

  /** The batch of a number, on the manager's device. */
  NDArray batch(NDManager scope, long draw) {
    float[] values = ahead.get(draw);
    ImageShape shape = dataset.shape();
    int count = values.length / shape.elements();
    return Autograd.off(
        () ->
            Tensors.of(
                    scope,
                    values,
                    new Shape(count, shape.channels(), shape.height(), shape.width()))
                .toDevice(scope.getDevice(), false));
  }

  private float[] values(Epochs.MiniBatch part) {
    float[] values = dataset.values(order.indices(part.first(), part.count()));
    if (flip) {
      Random random = new Random(StreamSeed.of(seed, "flip", part.draw()));
      int elements = dataset.shape().elements();
      for (int i = 0; i < part.count(); i++) {
        if (random.nextBoolean()) {
          mirror(values, i * elements, elements, dataset.shape().width());
        }
      }
    }
    return values;
  }

  /** The sums of the other {@link #mirror}, so that the bits are those of arrays of the engine. */
  private static void mirror(float[] values, int from, int elements, int width) {
    for (int row = from; row < from + elements; row += width) {
      for (int left = row, right = row + width - 1; left < right; left++, right--) {
        float x = values[left];
        float y = values[right];
        values[left] = x + (y - x);
        values[right] = y + (x - y);
      }
    }
  }

  @Override
  public void close() {
    ahead.close();
  }

  /** Mirrors the images whose number is 1 and leaves those whose number is 0. */
  static NDArray mirror(NDArray images, float[] chosen) {
    NDArray column = Tensors.of(images.getManager(), chosen, new Shape(chosen.length, 1, 1, 1));
    return images.add(images.flip(3).sub(images).mul(column));
  }
}
