package dev.fewstep.worker.features;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.fewstep.worker.tensor.AtenOps;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * torchvision's ResNet of any depth and width, told from the names and shapes of its tensors:
 * blocks with a {@code conv3} are bottlenecks. Features are the means of the last block.
 */
final class ResNet implements ImageNetwork {
  private static final double EPS = 1e-5;
  private static final Map<String, String> NAMES =
      Map.of(
          "2-2-2-2",
          "resnet18",
          "3-4-6-3",
          "resnet",
          "3-4-23-3",
          "resnet101",
          "3-8-36-3",
          "resnet152");

  private final Map<String, NDArray> parameters;
  private final int dimensions;

  ResNet(Map<String, NDArray> parameters) {
    this.parameters = Map.copyOf(parameters);
    String last = "layer4." + (blocks(parameters, 4) - 1);
    String conv = bottleneck(parameters, last) ? ".conv3.weight" : ".conv2.weight";
    this.dimensions = (int) parameters.get(last + conv).getShape().get(0);
  }

  private static int blocks(Map<String, ?> tensors, int stage) {
    int count = 0;
    while (tensors.containsKey("layer" + stage + "." + count + ".conv1.weight")) {
      count++;
    }
    return count;
  }

  private static boolean bottleneck(Map<String, ?> tensors, String block) {
    return tensors.containsKey(block + ".conv3.weight");
  }

  /** Its name: {@code resnet18} and so on where torchvision has one, else {@code resnet}. */
  static String name(Map<String, ?> tensors) {
    String depth =
        blocks(tensors, 1)
            + "-"
            + blocks(tensors, 2)
            + "-"
            + blocks(tensors, 3)
            + "-"
            + blocks(tensors, 4);
    String name = NAMES.getOrDefault(depth, "resnet");
    return depth.equals("3-4-6-3") ? name + (bottleneck(tensors, "layer1.0") ? "50" : "34") : name;
  }

  /** Names and shapes that it has, given those of its first convolutions. */
  static Map<String, long[]> shapes(Map<String, long[]> found) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    long width = first(found, "conv1.weight", 64);
    conv(shapes, "conv1", "bn1", width, 3, 7);
    long in = width;
    for (int stage = 1; stage <= 4; stage++) {
      int blocks = Math.max(1, blocks(found, stage));
      boolean deep = bottleneck(found, "layer" + stage + ".0");
      for (int i = 0; i < blocks; i++) {
        String name = "layer" + stage + "." + i;
        long inner = first(found, name + ".conv1.weight", width << (stage - 1));
        long out = deep ? first(found, name + ".conv3.weight", 4 * inner) : inner;
        conv(shapes, name + ".conv1", name + ".bn1", inner, in, deep ? 1 : 3);
        conv(shapes, name + ".conv2", name + ".bn2", inner, inner, 3);
        if (deep) {
          conv(shapes, name + ".conv3", name + ".bn3", out, inner, 1);
        }
        if (i == 0 && (stage > 1 || in != out)) {
          conv(shapes, name + ".downsample.0", name + ".downsample.1", out, in, 1);
        }
        in = out;
      }
    }
    return shapes;
  }

  private static long first(Map<String, long[]> found, String name, long otherwise) {
    long[] shape = found.get(name);
    return shape == null || shape.length != 4 ? otherwise : shape[0];
  }

  private static void conv(
      Map<String, long[]> shapes, String conv, String norm, long out, long in, int kernel) {
    shapes.put(conv + ".weight", new long[] {out, in, kernel, kernel});
    for (String part : new String[] {"weight", "bias", "running_mean", "running_var"}) {
      shapes.put(norm + "." + part, new long[] {out});
    }
  }

  @Override
  public int dimensions() {
    return dimensions;
  }

  @Override
  public NDArray features(NDArray input) {
    NDArray x = relu(layer(input, "conv1", "bn1", 2, 3));
    x = AtenOps.maxPool2d(x, 3, 2, 1);
    for (int stage = 1; stage <= 4; stage++) {
      for (int i = 0; parameters.containsKey("layer" + stage + "." + i + ".conv1.weight"); i++) {
        x = block(x, "layer" + stage + "." + i, stage > 1 && i == 0 ? 2 : 1);
      }
    }
    Shape shape = x.getShape();
    return x.reshape(shape.get(0), shape.get(1), -1).mean(new int[] {2});
  }

  private NDArray block(NDArray x, String name, int stride) {
    NDArray out;
    if (bottleneck(parameters, name)) {
      out = relu(layer(x, name + ".conv1", name + ".bn1", 1, 0));
      out = relu(layer(out, name + ".conv2", name + ".bn2", stride, 1));
      out = layer(out, name + ".conv3", name + ".bn3", 1, 0);
    } else {
      out = relu(layer(x, name + ".conv1", name + ".bn1", stride, 1));
      out = layer(out, name + ".conv2", name + ".bn2", 1, 1);
    }
    boolean resized = parameters.containsKey(name + ".downsample.0.weight");
    NDArray shortcut =
        resized ? layer(x, name + ".downsample.0", name + ".downsample.1", stride, 0) : x;
    return relu(out.add(shortcut));
  }

  private NDArray layer(NDArray x, String conv, String norm, int stride, int padding) {
    try (NDArray convolved =
        AtenOps.conv2dNoBias(
            x,
            parameters.get(conv + ".weight"),
            new long[] {stride, stride},
            new long[] {padding, padding})) {
      return AtenOps.batchNorm(
          convolved,
          parameters.get(norm + ".weight"),
          parameters.get(norm + ".bias"),
          parameters.get(norm + ".running_mean"),
          parameters.get(norm + ".running_var"),
          EPS);
    }
  }

  private static NDArray relu(NDArray x) {
    return JniUtils.relu((PtNDArray) x);
  }
}
