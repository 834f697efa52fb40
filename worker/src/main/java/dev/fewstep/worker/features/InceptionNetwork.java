package dev.fewstep.worker.features;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.fewstep.worker.features.InceptionLayers.Conv;
import dev.fewstep.worker.tensor.AtenOps;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Inception-v3's layers in evaluation mode. FID's differs from torchvision's in the pooling
 * branches: mean pooling leaves padding out of its divisor, and the last block pools by maximum
 * (facts: mmd-ddm 4a).
 */
final class InceptionNetwork implements ImageNetwork {
  private static final double EPS = 1e-3;
  private static final int SPATIAL_CHANNELS = 7;
  private static final int SPATIAL_EDGE = 17;

  /** Values of the spatial features. */
  static final int SPATIAL = SPATIAL_CHANNELS * SPATIAL_EDGE * SPATIAL_EDGE;

  private static final Map<String, Conv> LAYERS = InceptionLayers.all();

  private final Map<String, NDArray> parameters;
  private final boolean fid;

  /**
   * A network.
   *
   * @param parameters by torchvision's names
   * @param fid whether it pools as FID's network, else as torchvision's
   */
  InceptionNetwork(Map<String, NDArray> parameters, boolean fid) {
    this.parameters = Map.copyOf(parameters);
    this.fid = fid;
  }

  /** Names and shapes of its tensors. */
  static Map<String, long[]> shapes() {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    LAYERS.forEach(
        (name, conv) -> {
          shapes.put(name + ".conv.weight", conv.weightShape());
          for (String part : new String[] {"weight", "bias", "running_mean", "running_var"}) {
            shapes.put(name + ".bn." + part, new long[] {conv.out()});
          }
        });
    return shapes;
  }

  @Override
  public NDArray features(NDArray images) {
    NDArray x = untilMixed6c(images);
    x = blockC(blockC(x, "Mixed_6d."), "Mixed_6e.");
    x =
        join(
            branch(x, "Mixed_7a.branch3x3_", 2),
            branch(x, "Mixed_7a.branch7x7x3_", 4),
            AtenOps.maxPool2d(x, 3, 2, 0));
    x = blockE(x, "Mixed_7b.", mean(x));
    x = blockE(x, "Mixed_7c.", fid ? AtenOps.maxPool2d(x, 3, 1, 1) : mean(x));
    return x.reshape(x.getShape().get(0), InceptionLayers.DIMENSIONS, -1).mean(new int[] {2});
  }

  /** The first 7 channels of TensorFlow's {@code mixed_6/conv}, channels last: (N, 17 17 7). */
  NDArray spatial(NDArray images) {
    NDArray x = chain(untilMixed6c(images), "Mixed_6d.branch1x1");
    Shape shape = x.getShape();
    return x.get(new NDIndex(":, :" + SPATIAL_CHANNELS))
        .transpose(0, 2, 3, 1)
        .reshape(shape.get(0), SPATIAL);
  }

  @Override
  public int dimensions() {
    return InceptionLayers.DIMENSIONS;
  }

  private NDArray untilMixed6c(NDArray images) {
    NDArray x = chain(images, "Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3");
    x = AtenOps.maxPool2d(x, 3, 2, 0);
    x = chain(x, "Conv2d_3b_1x1", "Conv2d_4a_3x3");
    x = AtenOps.maxPool2d(x, 3, 2, 0);
    for (String name : new String[] {"Mixed_5b.", "Mixed_5c.", "Mixed_5d."}) {
      x = blockA(x, name);
    }
    x =
        join(
            chain(x, "Mixed_6a.branch3x3"),
            branch(x, "Mixed_6a.branch3x3dbl_", 3),
            AtenOps.maxPool2d(x, 3, 2, 0));
    return blockC(blockC(x, "Mixed_6b."), "Mixed_6c.");
  }

  private NDArray blockA(NDArray x, String name) {
    return join(
        chain(x, name + "branch1x1"),
        branch(x, name + "branch5x5_", 2),
        branch(x, name + "branch3x3dbl_", 3),
        chain(mean(x), name + "branch_pool"));
  }

  private NDArray blockC(NDArray x, String name) {
    return join(
        chain(x, name + "branch1x1"),
        branch(x, name + "branch7x7_", 3),
        branch(x, name + "branch7x7dbl_", 5),
        chain(mean(x), name + "branch_pool"));
  }

  private NDArray blockE(NDArray x, String name, NDArray pooled) {
    NDArray small = chain(x, name + "branch3x3_1");
    NDArray large = branch(x, name + "branch3x3dbl_", 2);
    return join(
        chain(x, name + "branch1x1"),
        chain(small, name + "branch3x3_2a"),
        chain(small, name + "branch3x3_2b"),
        chain(large, name + "branch3x3dbl_3a"),
        chain(large, name + "branch3x3dbl_3b"),
        chain(pooled, name + "branch_pool"));
  }

  private NDArray mean(NDArray x) {
    return AtenOps.avgPool2d(x, 3, 1, 1, !fid);
  }

  /** The layers of a branch, numbered from 1 to {@code count}, one after another. */
  private NDArray branch(NDArray x, String prefix, int count) {
    NDArray out = x;
    for (int i = 1; i <= count; i++) {
      out = chain(out, prefix + i);
    }
    return out;
  }

  private NDArray chain(NDArray x, String... names) {
    NDArray out = x;
    for (String name : names) {
      out = layer(out, name);
    }
    return out;
  }

  private NDArray layer(NDArray x, String name) {
    Conv conv = LAYERS.get(name);
    try (NDArray convolved =
            AtenOps.conv2dNoBias(
                x,
                parameters.get(name + ".conv.weight"),
                new long[] {conv.stride(), conv.stride()},
                new long[] {conv.padTop(), conv.padLeft()});
        NDArray normalised =
            AtenOps.batchNorm(
                convolved,
                parameters.get(name + ".bn.weight"),
                parameters.get(name + ".bn.bias"),
                parameters.get(name + ".bn.running_mean"),
                parameters.get(name + ".bn.running_var"),
                EPS)) {
      return JniUtils.relu((PtNDArray) normalised);
    }
  }

  private static NDArray join(NDArray... parts) {
    return NDArrays.concat(new NDList(parts), 1);
  }
}
