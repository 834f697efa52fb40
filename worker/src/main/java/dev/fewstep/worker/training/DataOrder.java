package dev.fewstep.worker.training;

import dev.fewstep.worker.tensor.StreamSeed;
import java.util.Random;

/**
 * Which real image comes n-th: every epoch visits all images once, in an order that depends on the
 * seed and the number of the epoch alone. Shuffled by Fisher and Yates with {@link Random}, whose
 * algorithm Java specifies.
 */
final class DataOrder {
  private final long seed;
  private final int size;
  private long epoch = -1;
  private int[] order = new int[0];

  DataOrder(long seed, int size) {
    this.seed = seed;
    this.size = size;
  }

  /** The images from the {@code first}-th on. */
  int[] indices(long first, int count) {
    int[] indices = new int[count];
    for (int i = 0; i < count; i++) {
      long n = first + i;
      load(n / size);
      indices[i] = order[(int) (n % size)];
    }
    return indices;
  }

  private void load(long wanted) {
    if (wanted == epoch) {
      return;
    }
    int[] shuffled = new int[size];
    for (int i = 0; i < size; i++) {
      shuffled[i] = i;
    }
    Random random = new Random(StreamSeed.of(seed, "data-order", wanted));
    for (int i = size - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int kept = shuffled[i];
      shuffled[i] = shuffled[j];
      shuffled[j] = kept;
    }
    order = shuffled;
    epoch = wanted;
  }
}
