package dev.fewstep.worker.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Map;

/** A network that predicts noise, v or the clean image from a noisy image and its timestep. */
public interface Denoiser extends AutoCloseable {
  /**
   * Predicts without dropout.
   *
   * @param x noisy images, float32 (N, C, H, W)
   * @param t timesteps, float32 (N)
   * @return the prediction, of the shape of x, owned by x's manager
   */
  NDArray predict(NDArray x, NDArray t);

  /**
   * Predicts in training mode.
   *
   * @param x noisy images, float32 (N, C, H, W)
   * @param t timesteps, float32 (N)
   * @param dropout seeds of the dropout masks; unused by a network without dropout
   * @return the prediction, of the shape of x, owned by x's manager
   */
  NDArray predict(NDArray x, NDArray t, DropoutSeeds dropout);

  /**
   * What the network predicts.
   *
   * @return the type
   */
  PredictionType prediction();

  /**
   * Shape of one image.
   *
   * @return (C, H, W)
   */
  Shape imageShape();

  /**
   * The trainable parameters; they require gradients and are changed in place by training.
   *
   * @return name to tensor, in the order of the network's state dict
   */
  Map<String, NDArray> parameters();

  /**
   * A network that shares the storage of these parameters but has gradients of its own, so that
   * several threads can train on shards of a batch.
   *
   * @param owner of the replica's handles
   * @return the replica
   */
  Denoiser replica(NDManager owner);

  /**
   * Whether replicas share their gradients with this network; it then trains with one shard only.
   *
   * @return false for networks whose replicas have gradients of their own
   */
  default boolean gradientsAreShared() {
    return false;
  }

  /**
   * Classes of a conditional network.
   *
   * @return 0 for an unconditional one
   */
  default int classes() {
    return 0;
  }

  /**
   * This network, sharing parameters and gradients, for images of given classes.
   *
   * @param classes one label for all images, or one for each image of every batch to come
   * @return the labelled network, valid until this one is closed; an unconditional network returns
   *     itself
   */
  default Denoiser withLabels(long... classes) {
    return this;
  }

  /**
   * Number of trainable values.
   *
   * @return the sum of the sizes of all parameters
   */
  default long parameterCount() {
    return parameters().values().stream().mapToLong(NDArray::size).sum();
  }

  /** Frees what the network owns. */
  @Override
  default void close() {}
}
