package dev.fewstep.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.tensor.AtenOps;

/** The feature network of {@code step_reference.py}: two convolutions, ReLU, pooling, 64 means. */
final class BenchExtractor implements FeatureExtractor {
  private final NDManager manager;
  private final NDArray weight1;
  private final NDArray bias1;
  private final NDArray weight2;
  private final NDArray bias2;

  BenchExtractor(int channels, NDManager parent) {
    manager = parent.newSubManager();
    weight1 = AtenOps.noise(manager, new Shape(32, channels, 3, 3), 1).mul(0.2f);
    bias1 = manager.zeros(new Shape(32));
    weight2 = AtenOps.noise(manager, new Shape(64, 32, 3, 3), 2).mul(0.08f);
    bias2 = manager.zeros(new Shape(64));
  }

  @Override
  public String name() {
    return "bench";
  }

  @Override
  public int dimensions() {
    return 64;
  }

  @Override
  public NDArray features(NDArray images) {
    NDArray h = AtenOps.conv2d(images, weight1, bias1, 1, 1).maximum(0f);
    h = AtenOps.conv2d(AtenOps.avgPool2d(h, 2, 2, 0, true), weight2, bias2, 1, 1).maximum(0f);
    return h.mean(new int[] {3}).mean(new int[] {2});
  }

  @Override
  public void close() {
    manager.close();
  }
}
