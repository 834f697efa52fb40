package dev.fewstep.worker.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.diffusion.Denoiser;
import java.util.Map;

/** What every training of a denoiser has in common: its shards, its optimiser and its state. */
abstract class OptimisedTraining implements Training {
  private final int iterations;
  private final NDManager owner;
  private final Shards shards;
  private final Optimisation optimisation;

  OptimisedTraining(
      Denoiser denoiser,
      int iterations,
      OptimisationSettings settings,
      int shardCount,
      NDManager parent) {
    this.iterations = iterations;
    owner = parent.newSubManager();
    shards = new Shards(denoiser, shardCount, owner);
    optimisation = new Optimisation(denoiser.parameters(), settings, owner);
  }

  /** Owner of the training's memory. */
  final NDManager owner() {
    return owner;
  }

  final Shards shards() {
    return shards;
  }

  final Optimisation optimisation() {
    return optimisation;
  }

  @Override
  public final int iteration() {
    return optimisation.iteration();
  }

  @Override
  public final int iterations() {
    return iterations;
  }

  @Override
  public Map<String, NDArray> checkpoint() {
    return optimisation.checkpoint();
  }

  @Override
  public void restore(Map<String, NDArray> checkpoint) {
    int made = Checkpoints.iteration(checkpoint);
    if (made > iterations) {
      throw new IllegalArgumentException(
          "The Checkpoint was taken after "
              + made
              + " iterations but the training has "
              + iterations
              + ": ask for more");
    }
    optimisation.restore(checkpoint);
  }

  @Override
  public Map<String, NDArray> weights() {
    return optimisation.weights();
  }

  @Override
  public void close() {
    shards.close();
    owner.close();
  }
}
