package dev.fewstep.worker.data;

import static dev.fewstep.schemas.spec.Checks.require;

/**
 * Shape of every image of a dataset.
 *
 * @param channels 1 (grey), 3 (RGB), at most 16
 * @param height pixels, 1 to 4096
 * @param width pixels, 1 to 4096
 */
public record ImageShape(int channels, int height, int width) {
  public ImageShape {
    require(channels >= 1 && channels <= 16, "channels must be 1 to 16, not %s", channels);
    require(height >= 1 && height <= 4096, "height must be 1 to 4096, not %s", height);
    require(width >= 1 && width <= 4096, "width must be 1 to 4096, not %s", width);
  }

  /** Values of one image. */
  public int elements() {
    return channels * height * width;
  }

  @Override
  public String toString() {
    return channels + "x" + height + "x" + width;
  }
}
