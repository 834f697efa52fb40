package dev.fewstep.bench;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.evaluation.FeatureStatistics;
import dev.fewstep.worker.evaluation.FrechetDistance;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;

/**
 * Seconds of one thread's CPU for the Fréchet distance of two sets of made-up features. Writes
 * their statistics to the folder named first, {@code real.npz} and {@code generated.npz}, for SciPy
 * to take the same distance. Prints {@code seconds distance}.
 */
public final class FrechetBench {
  private FrechetBench() {}

  /** Arguments: folder, dimensions, vectors, rounds. */
  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    int dimensions = Integer.parseInt(args[1]);
    int vectors = Integer.parseInt(args[2]);
    int rounds = Integer.parseInt(args[3]);
    TorchEngine.setThreads(1);
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      FeatureStatistics real = statistics(manager, dimensions, vectors, 1, 0);
      FeatureStatistics generated = statistics(manager, dimensions, vectors, 2, 0.1f);
      real.save(folder.resolve("real.npz"));
      generated.save(folder.resolve("generated.npz"));
      double least = Double.MAX_VALUE;
      double distance = 0;
      for (int i = 0; i < rounds; i++) {
        long before = threads.getCurrentThreadCpuTime();
        distance = FrechetDistance.between(manager, real, generated);
        least = Math.min(least, (threads.getCurrentThreadCpuTime() - before) / 1e9);
      }
      System.out.println(least + " " + distance);
    }
  }

  /** Features that are correlated, of falling variance, and not negative, as Inception's are. */
  private static FeatureStatistics statistics(
      NDManager parent, int dimensions, int vectors, long seed, float shift) {
    try (NDManager manager = parent.newSubManager()) {
      float[] spectrum = new float[dimensions];
      for (int i = 0; i < dimensions; i++) {
        spectrum[i] = (float) Math.exp(-4.0 * i / dimensions);
      }
      NDArray mix =
          AtenOps.noise(manager, new Shape(dimensions, dimensions), 7)
              .div((float) Math.sqrt(dimensions));
      NDArray noise = AtenOps.noise(manager, new Shape(vectors, dimensions), seed);
      NDArray features = noise.mul(manager.create(spectrum)).matMul(mix).add(shift).abs();
      return FeatureStatistics.of(features);
    }
  }
}
