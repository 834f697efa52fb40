package dev.fewstep.bench;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.mmd.Kernel;
import dev.fewstep.worker.mmd.MmdEstimator;
import dev.fewstep.worker.mmd.MmdLoss;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.TorchEngine;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** MMD² and its gradient with respect to the generated features, by kernel. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class LossBenchmark {
  /** Images on either side. */
  @Param({"64", "256"})
  public int batch;

  /** Features of an image. */
  @Param({"512", "2048"})
  public int dimensions;

  private NDManager manager;
  private NDArray generated;
  private NDArray real;

  /** Draws features. */
  @Setup(Level.Trial)
  public void prepare() {
    TorchEngine.setThreads(1);
    manager = TorchEngine.newManager(Device.cpu());
    generated = AtenOps.noise(manager, new Shape(batch, dimensions), 1);
    real = AtenOps.noise(manager, new Shape(batch, dimensions), 2);
  }

  /** Frees them. */
  @TearDown(Level.Trial)
  public void close() {
    manager.close();
  }

  private double evaluate(Kernel kernel) {
    try (NDManager scope = manager.newSubManager()) {
      MmdLoss.Result result =
          new MmdLoss(kernel, MmdEstimator.UNBIASED)
              .evaluate(generated.duplicate(), real.duplicate());
      result.gradient().attach(scope);
      return result.value();
    }
  }

  /** (x.y/D + 1)³. */
  @Benchmark
  public double cubic() {
    return evaluate(Kernel.cubic());
  }

  /** exp(-|x-y|²/D). */
  @Benchmark
  public double rbf() {
    return evaluate(Kernel.rbf());
  }
}
