package dev.fewstep.worker.task.program;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * Makes batches on several threads and takes them in index order, so that sums do not depend on
 * which thread was first. Few batches are in memory at a time.
 */
final class OrderedBatches {
  private OrderedBatches() {}

  /**
   * Makes one batch; an instance is used by one thread at a time.
   *
   * @param <T> what a batch becomes
   */
  @FunctionalInterface
  interface Maker<T> {
    /** The batch of the indices {@code from} to {@code from + count}. */
    T make(int from, int count);
  }

  /**
   * Makes and takes every batch.
   *
   * @param total number of indices, at least 1
   * @param batch indices of a batch but for the last, at least 1
   * @param makers one for each thread
   * @param taker takes the batches in order, on the calling thread
   * @param context asked between batches whether to go on, and told the progress
   */
  static <T> void run(
      int total, int batch, List<? extends Maker<T>> makers, Consumer<T> taker, TaskContext context)
      throws IOException, TaskStoppedException {
    BlockingQueue<Maker<T>> idle = new ArrayBlockingQueue<>(makers.size(), false, makers);
    ExecutorService threads =
        Executors.newFixedThreadPool(
            makers.size(),
            task -> {
              Thread thread = new Thread(task, "fewstep-batch");
              thread.setDaemon(true);
              return thread;
            });
    try {
      Deque<Future<T>> inFlight = new ArrayDeque<>();
      int next = 0;
      int taken = 0;
      while (taken < total) {
        while (next < total && inFlight.size() < 2 * makers.size()) {
          int from = next;
          int count = Math.min(batch, total - from);
          inFlight.add(threads.submit(() -> make(idle, from, count)));
          next += count;
        }
        context.stopIfAsked();
        taker.accept(result(inFlight.remove()));
        taken = Math.min(total, taken + batch);
        context.listener().progress(taken, total);
      }
    } finally {
      end(threads);
    }
  }

  private static <T> T make(BlockingQueue<Maker<T>> idle, int from, int count)
      throws InterruptedException {
    Maker<T> maker = idle.take();
    try {
      return maker.make(from, count);
    } finally {
      idle.add(maker);
    }
  }

  private static <T> T result(Future<T> batch) throws IOException {
    try {
      return batch.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for a batch", e);
    }
  }

  /** Waits for the threads: tensors must not be closed under them, nor the JVM leave. */
  private static void end(ExecutorService threads) {
    threads.shutdownNow();
    boolean interrupted = false;
    while (!threads.isTerminated()) {
      try {
        if (threads.awaitTermination(1, java.util.concurrent.TimeUnit.SECONDS)) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
