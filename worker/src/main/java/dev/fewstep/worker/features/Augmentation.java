package dev.fewstep.worker.features;

import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.tensor.StreamSeed;
import java.util.SplittableRandom;

/**
 * Small random shifts and mirrorings, from counters: the same seed, step and place in the batch
 * give the same change.
 */
record Augmentation(long seed, int shift, boolean flip) {

  /** Changes images in place; {@code values} are N images in C, H, W order. */
  void apply(float[] values, ImageShape shape, long step) {
    SplittableRandom random = new SplittableRandom(StreamSeed.of(seed, "extractor-augment", step));
    float[] source = new float[shape.elements()];
    for (int offset = 0; offset < values.length; offset += shape.elements()) {
      int down = random.nextInt(-shift, shift + 1);
      int right = random.nextInt(-shift, shift + 1);
      boolean mirror = random.nextBoolean() && flip;
      System.arraycopy(values, offset, source, 0, source.length);
      move(source, values, offset, shape, down, right, mirror);
    }
  }

  private static void move(
      float[] source,
      float[] target,
      int offset,
      ImageShape shape,
      int down,
      int right,
      boolean mirror) {
    int height = shape.height();
    int width = shape.width();
    for (int i = 0; i < source.length; i++) {
      int x = i % width;
      int y = i / width % height;
      int fromX = mirror ? width - 1 - (x - right) : x - right;
      int fromY = y - down;
      boolean inside = fromX >= 0 && fromX < width && fromY >= 0 && fromY < height;
      target[offset + i] = inside ? source[i - x - y * width + fromY * width + fromX] : 0;
    }
  }
}
