package dev.fewstep.worker.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.StreamSeed;

/**
 * The noise of single images by their indices: what {@link DdimSampler#images} draws for a run of
 * them, so that image i of a picture is image i of an evaluation.
 *
 * @param shape of one image, (C, H, W)
 * @param seed the evaluation's seed
 */
public record ImageNoise(Shape shape, long seed) {
  /**
   * x_T of some images.
   *
   * @param manager owner and device of the result
   * @param images their indices
   * @return float32 (N, C, H, W)
   */
  public NDArray start(NDManager manager, long... images) {
    long[] seeds = new long[images.length];
    for (int i = 0; i < images.length; i++) {
      seeds[i] = StreamSeed.of(seed, "image", images[i]);
    }
    return AtenOps.noiseRows(manager, shape, seeds);
  }

  /**
   * Fresh noise of one update of some images.
   *
   * @param manager owner and device of the result
   * @param update index of the update, from 0
   * @param images their indices
   * @return float32 (N, C, H, W)
   */
  public NDArray update(NDManager manager, int update, long... images) {
    long[] seeds = new long[images.length];
    for (int i = 0; i < images.length; i++) {
      seeds[i] = StreamSeed.of(seed, "image-step", update, images[i]);
    }
    return AtenOps.noiseRows(manager, shape, seeds);
  }
}
