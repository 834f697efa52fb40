package dev.fewstep.worker.training;

import ai.djl.ndarray.NDArray;
import java.util.Map;

/** A training that goes step by step and can be stopped after any of them. */
public interface Training extends AutoCloseable {
  /**
   * Makes one step.
   *
   * @return what it did
   * @throws IllegalStateException when the loss or gradient is not finite; the parameters are then
   *     unchanged
   */
  StepReport step();

  /**
   * Steps made so far, those before a resumption included.
   *
   * @return from 0 to {@link #iterations}
   */
  int iteration();

  /**
   * Steps to be made in all.
   *
   * @return at least 1
   */
  int iterations();

  /**
   * Whether training is over: the last step is made, or training has ended itself before.
   *
   * @return true when no further step is to be made
   */
  default boolean finished() {
    return iteration() >= iterations();
  }

  /**
   * The resumable state; the arrays are live and valid until the next step.
   *
   * @return {@code model.*}, {@code adam.m.*}, {@code adam.v.*}, {@code ema.*}, {@code best.*},
   *     {@code validation} and {@code iteration}
   */
  Map<String, NDArray> checkpoint();

  /**
   * Continues from a state; the following steps are bit-equal to those of a training that was never
   * stopped. A training with more iterations than the one that the state is of extends it,
   * bit-equal to one that had so many from the start when the learning rate does not depend on
   * their number ({@link LearningRate.Decay#openEnded}).
   *
   * @param checkpoint as {@link #checkpoint} gave it
   * @throws IllegalArgumentException when it does not fit
   */
  void restore(Map<String, NDArray> checkpoint);

  /**
   * What a sampler should load: the averaged parameters when averaging is on, else the parameters.
   *
   * @return name to tensor, live until the next step
   */
  Map<String, NDArray> weights();

  @Override
  void close();
}
