package dev.fewstep.worker.training;

import java.util.ArrayList;
import java.util.List;

/**
 * Which mini-batches make an update in the published loop: an epoch is cut into batches of which
 * the last may be smaller; an update is made after every {@code accumulate}-th and after the last
 * (MMD-DDM: {@code (i + 1) % n_acc == 0 or i + 1 == len(loader)}).
 *
 * @param size images of an epoch
 * @param batch images of a mini-batch but for the last, at least 2
 * @param accumulate mini-batches of an update but for the last of an epoch, at least 1
 */
record Epochs(int size, int batch, int accumulate) {
  /**
   * A mini-batch.
   *
   * @param first number of its first image, counted over all epochs
   * @param count number of its images
   * @param draw number of the mini-batch, counted over all epochs
   */
  record MiniBatch(long first, int count, long draw) {}

  Epochs {
    if (Math.floorMod(size, batch) == 1) {
      throw new IllegalArgumentException(
          size
              + " images in mini-batches of "
              + batch
              + " leave a last one of a single image, of which the unbiased estimator makes 0/0:"
              + " choose another mmdBatch");
    }
  }

  int miniBatches() {
    return (size + batch - 1) / batch;
  }

  int updates() {
    return (miniBatches() + accumulate - 1) / accumulate;
  }

  /** The mini-batches of an update, counted over all epochs from 0. */
  List<MiniBatch> update(long update) {
    long epoch = update / updates();
    int from = (int) (update % updates()) * accumulate;
    int to = Math.min(from + accumulate, miniBatches());
    List<MiniBatch> made = new ArrayList<>();
    for (int i = from; i < to; i++) {
      made.add(miniBatch(epoch * miniBatches() + i));
    }
    return made;
  }

  /** The mini-batch of a number, counted over all epochs from 0. */
  MiniBatch miniBatch(long draw) {
    int start = (int) (draw % miniBatches()) * batch;
    return new MiniBatch(draw / miniBatches() * size + start, Math.min(batch, size - start), draw);
  }
}
