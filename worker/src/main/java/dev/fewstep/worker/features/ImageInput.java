package dev.fewstep.worker.features;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import dev.fewstep.worker.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What stands before a network: checks of the images, repetition of grey ones, preprocessing, and
 * pieces of at most {@value #PIECE} images where nothing is recorded, so that memory does not grow
 * with the batch.
 */
final class ImageInput {
  static final int PIECE = 16;

  private final String name;
  private final Preprocessing preprocessing;
  private final boolean grey;
  private final int channels;

  /**
   * An input.
   *
   * @param name of the extractor, for messages
   * @param preprocessing what images go through
   * @param grey whether grey images are repeated to 3 channels
   * @param channels that the network takes; 0 for any number
   */
  ImageInput(String name, Preprocessing preprocessing, boolean grey, int channels) {
    this.name = name;
    this.preprocessing = preprocessing;
    this.grey = grey;
    this.channels = channels;
  }

  /**
   * Runs a network on images.
   *
   * @param images (N, C, H, W) in [0, 1]
   * @param network from its input to (N, D), in the scope of its input
   * @return (N, D), owned by the manager of the images
   * @throws IllegalArgumentException when the network takes no such images
   */
  NDArray run(NDArray images, UnaryOperator<NDArray> network) {
    check(images.getShape());
    NDManager owner = images.getManager();
    long count = images.getShape().get(0);
    if (count <= PIECE || JniUtils.isGradMode()) {
      return piece(images, owner, network);
    }
    try (NDManager scope = owner.newSubManager()) {
      List<NDArray> parts = new ArrayList<>();
      for (long from = 0; from < count; from += PIECE) {
        long to = Math.min(count, from + PIECE);
        try (NDManager part = scope.newSubManager()) {
          NDArray rows = images.get(part, new NDIndex(from + ":" + to));
          rows.attach(part);
          parts.add(piece(rows, scope, network));
        }
      }
      NDArray all = FeatureOps.join(parts, 0);
      all.attach(owner);
      return all;
    }
  }

  private NDArray piece(NDArray images, NDManager owner, UnaryOperator<NDArray> network) {
    try (NDManager scope = owner.newSubManager()) {
      // A copy whose manager is the scope: every array derived from it belongs to the scope, too.
      NDArray local = Tensors.mul(images, 1);
      local.attach(scope);
      if (grey && local.getShape().get(1) == 1) {
        local = FeatureOps.join(List.of(local, local, local), 1);
      }
      NDArray result = network.apply(preprocessing.apply(local));
      result.attach(owner);
      return result;
    }
  }

  private void check(Shape shape) {
    require(shape.dimension() == 4, "%s takes images (N, C, H, W), not %s", name, shape);
    long has = shape.get(1);
    boolean fits = channels == 0 || has == channels || (grey && has == 1);
    require(
        fits,
        "%s takes images of %s channels, not of %s%s",
        name,
        channels,
        has,
        has == 1 ? ": to repeat grey images, add '+grey' to the extractor's mode" : "");
  }
}
