package dev.fewstep.worker.diffusion;

/**
 * Seeds of a network's dropout masks, one per image and layer, so that a mask depends neither on
 * the batch an image is in nor on how often the network ran before.
 */
@FunctionalInterface
public interface DropoutSeeds {
  /**
   * The seed of one mask.
   *
   * @param row index of the image in the batch
   * @param layer index of the dropout layer in the network
   * @return a generator's seed
   */
  long seed(int row, int layer);

  /**
   * The seeds of all masks of one evaluation.
   *
   * @param rows images in the batch
   * @param layers dropout layers of the network
   * @return layer by layer, the rows of each in order
   */
  default long[] all(int rows, int layers) {
    long[] seeds = new long[rows * layers];
    for (int layer = 0; layer < layers; layer++) {
      for (int row = 0; row < rows; row++) {
        seeds[layer * rows + row] = seed(row, layer);
      }
    }
    return seeds;
  }
}
