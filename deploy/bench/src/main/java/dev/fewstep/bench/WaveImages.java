package dev.fewstep.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.data.ImageShape;
import java.util.Optional;

/** Square images made of waves, one per index, computed when asked for. */
final class WaveImages implements ImageDataset {
  private final int size;
  private final ImageShape shape;

  WaveImages(int size, int channels, int edge) {
    this.size = size;
    shape = new ImageShape(channels, edge, edge);
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public ImageShape shape() {
    return shape;
  }

  @Override
  public NDArray batch(NDManager manager, int[] indices) {
    int elements = shape.elements();
    float[] values = new float[indices.length * elements];
    for (int i = 0; i < values.length; i++) {
      double phase = indices[i / elements] * 0.7 + i % elements % shape.width() * 0.5;
      values[i] = (float) (0.5 + 0.5 * Math.sin(phase));
    }
    return manager.create(
        values, new Shape(indices.length, shape.channels(), shape.height(), shape.width()));
  }

  @Override
  public String digest() {
    return "0".repeat(64);
  }

  @Override
  public Optional<int[]> labels() {
    return Optional.empty();
  }
}
