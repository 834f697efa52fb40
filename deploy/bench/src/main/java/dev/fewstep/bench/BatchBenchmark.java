package dev.fewstep.bench;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.tensor.TorchEngine;
import java.util.Optional;
import java.util.Random;
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

/** A shuffled batch of 64 byte images as a tensor in [0, 1]. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class BatchBenchmark {
  private static final int IMAGES = 2000;

  /** Edge of the RGB image. */
  @Param({"32", "64"})
  public int edge;

  private NDManager manager;
  private ByteImages images;
  private int[] indices;

  /** Makes random images. */
  @Setup(Level.Trial)
  public void prepare() {
    ImageShape shape = new ImageShape(3, edge, edge);
    byte[] pixels = new byte[IMAGES * shape.elements()];
    new Random(1).nextBytes(pixels);
    images = new ByteImages(shape, pixels, Optional.empty());
    indices = new Random(2).ints(64, 0, IMAGES).toArray();
    manager = TorchEngine.newManager(Device.cpu());
  }

  /** Frees the engine's part. */
  @TearDown(Level.Trial)
  public void close() {
    manager.close();
  }

  /** Bytes to floats in a tensor. */
  @Benchmark
  public long batch() {
    try (NDManager scope = manager.newSubManager()) {
      return images.batch(scope, indices).size();
    }
  }
}
