package dev.fewstep.worker.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.diffusion.Denoiser;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.TensorLists;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Replicas of a network that work on parts of a batch in threads of their own. Two threads with a
 * part each use two cores far better than two threads inside each operator. Gradients are added in
 * the order of the shards, so that the sum does not depend on which thread was first.
 */
final class Shards implements AutoCloseable {
  private final NDManager owner;
  private final List<Denoiser> replicas = new ArrayList<>();
  private final List<List<NDArray>> leaves = new ArrayList<>();
  private final ExecutorService threads;

  /** Work of one shard. */
  @FunctionalInterface
  interface Work<T> {
    T run(int shard, Denoiser replica);
  }

  Shards(Denoiser denoiser, int count, NDManager parent) {
    if (count < 1) {
      throw new IllegalArgumentException("At least one shard is needed, not " + count);
    }
    owner = parent.newSubManager();
    int shards = denoiser.gradientsAreShared() ? 1 : count;
    for (int i = 0; i < shards; i++) {
      Denoiser replica = denoiser.replica(owner);
      replicas.add(replica);
      leaves.add(List.copyOf(replica.parameters().values()));
    }
    threads =
        Executors.newFixedThreadPool(
            shards,
            task -> {
              Thread thread = new Thread(task, "fewstep-shard");
              thread.setDaemon(true);
              return thread;
            });
  }

  int count() {
    return replicas.size();
  }

  List<Denoiser> replicas() {
    return List.copyOf(replicas);
  }

  /** Runs the work once per shard and waits for all. */
  <T> List<T> run(Work<T> work) {
    List<Callable<T>> calls = new ArrayList<>();
    for (int i = 0; i < replicas.size(); i++) {
      int shard = i;
      calls.add(() -> work.run(shard, replicas.get(shard)));
    }
    List<T> results = new ArrayList<>();
    try {
      for (Future<T> future : threads.invokeAll(calls)) {
        results.add(future.get());
      }
      return results;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while a training step was running", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException("A shard of a training step failed", e.getCause());
    }
  }

  /** Sets all gradients to zero. */
  void zeroGradients() {
    leaves.forEach(shard -> shard.forEach(Autograd::zeroGradient));
  }

  /** Sets the gradients of all shards but the first to zero, after they were added to its. */
  void zeroFurtherGradients() {
    leaves.subList(1, leaves.size()).forEach(shard -> shard.forEach(Autograd::zeroGradient));
  }

  /**
   * The sum of all shards' gradients; the arrays belong to the scope and alias the first shard's.
   */
  List<NDArray> gradients(NDManager scope) {
    List<NDArray> sums = gradients(0, scope);
    for (int i = 1; i < replicas.size(); i++) {
      TensorLists.addInPlace(sums, gradients(i, scope));
    }
    return sums;
  }

  private List<NDArray> gradients(int shard, NDManager scope) {
    List<NDArray> gradients = new ArrayList<>();
    for (NDArray leaf : leaves.get(shard)) {
      NDArray gradient = leaf.getGradient();
      gradient.attach(scope);
      gradients.add(gradient);
    }
    return gradients;
  }

  @Override
  public void close() {
    threads.shutdown();
    owner.close();
  }
}
