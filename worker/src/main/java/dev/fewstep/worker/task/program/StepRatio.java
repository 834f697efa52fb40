package dev.fewstep.worker.task.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalDouble;

/**
 * How long a training step takes beside a reference kernel that is timed in between, on the same
 * device: eight products of two float matrices of 384 by 384, about a GFLOP. Machines of different
 * speed, and one that is busy with something else, agree about it better than about seconds.
 */
final class StepRatio {
  /** The first steps warm caches and the allocator. */
  private static final int SKIPPED = 2;

  private static final int TIMES = 10;
  private static final int SIZE = 384;
  private static final int PRODUCTS = 8;

  private final NDManager manager;
  private final int every;
  private final List<Double> ratios = new ArrayList<>();
  private int steps;

  /**
   * Of a run.
   *
   * @param planned steps that it will make
   * @param manager of the device that it runs on
   */
  StepRatio(int planned, NDManager manager) {
    this.manager = manager;
    this.every = Math.max(1, (planned - SKIPPED) / TIMES);
  }

  /** A step has been made; times the reference kernel beside every few of them. */
  void see(double seconds) {
    int behind = steps++ - SKIPPED;
    if (behind == 0) {
      // Its first time is not a measurement.
      double unused = reference();
    }
    if (behind >= 0 && behind % every == 0 && ratios.size() < TIMES) {
      ratios.add(seconds / reference());
    }
  }

  /** The median; empty when fewer than three were taken. */
  OptionalDouble median() {
    if (ratios.size() < 3) {
      return OptionalDouble.empty();
    }
    List<Double> sorted = new ArrayList<>(ratios);
    Collections.sort(sorted);
    int half = sorted.size() / 2;
    return OptionalDouble.of(
        sorted.size() % 2 == 1 ? sorted.get(half) : (sorted.get(half - 1) + sorted.get(half)) / 2);
  }

  /** Seconds of the reference kernel, above 0. */
  private double reference() {
    try (NDManager scope = manager.newSubManager()) {
      NDArray a = scope.full(new Shape(SIZE, SIZE), 1f / SIZE);
      NDArray b = scope.full(new Shape(SIZE, SIZE), 1f);
      float ready = b.sum().getFloat();
      long began = System.nanoTime();
      NDArray product = b;
      for (int i = 0; i < PRODUCTS; i++) {
        product = a.matMul(product);
      }
      // Read, so that it has ended on whatever device.
      float sum = product.sum().getFloat();
      double seconds = (System.nanoTime() - began) / 1e9;
      if (Math.abs(sum - ready) > 0.01 * ready) {
        throw new IllegalStateException("the reference kernel is wrong: " + sum + ", not " + ready);
      }
      return Math.max(seconds, 1e-9);
    }
  }
}
