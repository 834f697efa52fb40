package dev.fewstep.worker.features;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.fewstep.worker.checkpoint.StateDict;
import dev.fewstep.worker.features.ExtractorConfig.Block;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.StreamSeed;
import dev.fewstep.worker.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The network that an {@link ExtractorConfig} describes, as a function of its parameters. Every
 * intermediate array belongs to the manager of the images, none to that of the parameters.
 */
final class SmallConvNet {
  private static final double NORM_EPS = 1e-5;
  private static final double NORM_MOMENTUM = 0.1;
  private static final double STD_EPS = 1e-5;

  private final ExtractorConfig config;
  private final Map<String, NDArray> parameters;

  /**
   * Wraps parameters.
   *
   * @throws IllegalArgumentException when names or shapes are not those of {@link #shapes}
   */
  SmallConvNet(ExtractorConfig config, Map<String, NDArray> parameters) {
    Map<String, long[]> found = new LinkedHashMap<>();
    parameters.forEach((name, array) -> found.put(name, array.getShape().getShape()));
    StateDict.Difference difference = StateDict.compare(found, shapes(config));
    require(
        difference.isEmpty(), "weights do not fit '%s': %s", config.name(), difference.describe());
    this.config = config;
    this.parameters = new LinkedHashMap<>(parameters);
  }

  /** Names and shapes of all parameters and running statistics, in order. */
  static Map<String, long[]> shapes(ExtractorConfig config) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    int in = config.image().channels();
    for (int i = 0; i < config.blocks().size(); i++) {
      Block block = config.blocks().get(i);
      String name = "blocks." + i + ".";
      long out = block.channels();
      long perGroup = block.depthwise() ? 1 : in;
      shapes.put(name + "conv.weight", new long[] {out, perGroup, block.kernel(), block.kernel()});
      if (block.batchNorm()) {
        for (String part : new String[] {"weight", "bias", "running_mean", "running_var"}) {
          shapes.put(name + "norm." + part, new long[] {out});
        }
      } else {
        shapes.put(name + "conv.bias", new long[] {out});
      }
      in = block.channels();
    }
    int width = config.head().width();
    shapes.put("head.weight", new long[] {width, config.headInput()});
    shapes.put("head.bias", new long[] {width});
    shapes.put("classifier.weight", new long[] {config.classes(), width});
    shapes.put("classifier.bias", new long[] {config.classes()});
    return shapes;
  }

  /** A fresh network: weights uniform with He's variance, biases zero, from the seed alone. */
  static SmallConvNet fresh(ExtractorConfig config, NDManager manager, long seed) {
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    int index = 0;
    for (Map.Entry<String, long[]> entry : shapes(config).entrySet()) {
      Shape shape = new Shape(entry.getValue());
      String name = entry.getKey();
      NDArray value;
      if (shape.dimension() > 1) {
        double bound = Math.sqrt(3 * gain(config, name) * shape.get(0) / shape.size());
        value = AtenOps.uniform(manager, shape, StreamSeed.of(seed, "extractor-init", index));
        Tensors.subi(Tensors.muli(value, 2 * bound), bound);
      } else if (name.endsWith("norm.weight") || name.endsWith("running_var")) {
        value = manager.ones(shape);
      } else {
        value = manager.zeros(shape);
      }
      parameters.put(name, value);
      index++;
    }
    return new SmallConvNet(config, parameters);
  }

  private static double gain(ExtractorConfig config, String name) {
    if (name.startsWith("blocks.")) {
      int block = Integer.parseInt(name.substring(7, name.indexOf('.', 7)));
      return config.blocks().get(block).activation().gain();
    }
    return name.startsWith("head.") ? config.head().activation().gain() : 1;
  }

  ExtractorConfig config() {
    return config;
  }

  /** Parameters and running statistics by name, live. */
  Map<String, NDArray> parameters() {
    return parameters;
  }

  /** What the network computes of a batch: block outputs (N, C, H, W), then the head (N, width). */
  record Activations(NDList blocks, NDArray penultimate) {}

  /**
   * Runs the network.
   *
   * @param images (N, C, H, W) in [0, 1]
   * @param training whether batch normalisation uses, and updates its averages with, the batch
   */
  Activations run(NDArray images, boolean training) {
    NDArray x = Tensors.subi(Tensors.mul(images, 2), 1);
    NDList outputs = new NDList();
    for (int i = 0; i < config.blocks().size(); i++) {
      x = block(x, i, training);
      outputs.add(x);
    }
    NDArray flat =
        config.head().flatten()
            ? x.reshape(x.getShape().get(0), config.headInput())
            : spatialMean(x);
    NDArray head = JniUtils.linear(pt(flat), parameter("head.weight"), parameter("head.bias"));
    return new Activations(outputs, config.head().activation().apply(head));
  }

  private NDArray block(NDArray x, int index, boolean training) {
    Block block = config.blocks().get(index);
    String name = "blocks." + index + ".";
    PtNDArray bias =
        block.batchNorm()
            ? pt(x.getManager().zeros(new Shape(block.channels())))
            : parameter(name + "conv.bias");
    int padding = block.kernel() / 2;
    NDArray out =
        JniUtils.convolution(
            pt(x),
            parameter(name + "conv.weight"),
            bias,
            new Shape(block.stride(), block.stride()),
            new Shape(padding, padding),
            new Shape(1, 1),
            block.depthwise() ? block.channels() : 1);
    if (block.batchNorm()) {
      // DJL 0.35.1 names these parameters in another order than the one that it passes them on in.
      out =
          JniUtils.batchNorm(
              pt(out),
              parameter(name + "norm.running_mean"),
              parameter(name + "norm.running_var"),
              parameter(name + "norm.weight"),
              parameter(name + "norm.bias"),
              training,
              NORM_MOMENTUM,
              NORM_EPS);
    }
    out = block.activation().apply(out);
    return block.pool() == 1 ? out : AtenOps.avgPool2d(out, block.pool(), block.pool(), 0, false);
  }

  /** Class scores (N, classes) from the penultimate layer. */
  NDArray logits(NDArray penultimate) {
    return JniUtils.linear(
        pt(penultimate), parameter("classifier.weight"), parameter("classifier.bias"));
  }

  /** The features of a mode before they are standardised. */
  NDArray raw(NDArray images, FeatureMode mode) {
    Activations activations = run(images, false);
    if (mode == FeatureMode.PENULTIMATE) {
      return activations.penultimate();
    }
    NDList parts = new NDList();
    for (NDArray output : activations.blocks()) {
      NDArray mean = spatialMean(output);
      parts.add(mean);
      if (mode == FeatureMode.MULTI_STD) {
        Shape shape = mean.getShape();
        NDArray centred = output.sub(mean.reshape(shape.get(0), shape.get(1), 1, 1));
        parts.add(Tensors.add(spatialMean(centred.mul(centred)), STD_EPS).sqrt());
      }
    }
    parts.add(activations.penultimate());
    return NDArrays.concat(parts, 1);
  }

  private static NDArray spatialMean(NDArray x) {
    Shape shape = x.getShape();
    return x.reshape(shape.get(0), shape.get(1), -1).mean(new int[] {2});
  }

  private PtNDArray parameter(String name) {
    return pt(parameters.get(name));
  }

  private static PtNDArray pt(NDArray array) {
    return (PtNDArray) array;
  }
}
