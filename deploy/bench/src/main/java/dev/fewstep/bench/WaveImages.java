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
      values[i] = level(indices[i / elements], i % elements) / 255f;
    }
    return manager.create(
        values, new Shape(indices.length, shape.channels(), shape.height(), shape.width()));
  }

  @Override
  public byte[] image(int index) {
    byte[] levels = new byte[shape.elements()];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (byte) level(index, i);
    }
    return levels;
  }

  private int level(int index, int element) {
    double phase = index * 0.7 + element % shape.width() * 0.5;
    return (int) (255 * (0.5 + 0.5 * Math.sin(phase)));
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
