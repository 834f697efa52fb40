package dev.fewstep.worker.features;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.checkpoint.StateDict;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.evaluation.EvaluationProtocol;
import dev.fewstep.worker.features.InceptionLayers.Conv;
import dev.fewstep.worker.tensor.AtenOps;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * FID's Inception-v3, pool3 features, as pytorch-fid runs it (facts: mmd-ddm 4a): RGB in [0, 1],
 * bilinear to 299x299 without antialiasing, 2x - 1, batch normalisation in evaluation mode. It
 * differs from torchvision's in the pooling branches: mean pooling leaves padding out of its
 * divisor, and the last block pools by maximum.
 */
public final class InceptionExtractor implements FeatureExtractor {
  private static final double EPS = 1e-3;
  private static final int EDGE = 299;
  private static final Map<String, Conv> LAYERS = InceptionLayers.all();

  private final NDManager manager;
  private final Map<String, NDArray> parameters;

  private InceptionExtractor(NDManager manager, Map<String, NDArray> parameters) {
    this.manager = manager;
    this.parameters = parameters;
  }

  /**
   * Loads {@code pt_inception-2015-12-05-6726825d.pth}, or the same names in any tensor file. The
   * classifier and the counters of batch normalisation are not kept.
   *
   * @param file weights by torchvision's names
   * @param parent manager on whose device it runs
   * @throws TensorFormatException when a tensor is missing or of the wrong shape
   */
  public static InceptionExtractor load(Path file, NDManager parent) throws IOException {
    return of(file, TensorFile.readRaw(file), parent);
  }

  static InceptionExtractor of(Path file, Map<String, RawTensor> tensors, NDManager parent)
      throws TensorFormatException {
    Map<String, RawTensor> used = new LinkedHashMap<>(tensors);
    used.keySet().removeIf(name -> name.startsWith("fc.") || name.endsWith(".num_batches_tracked"));
    StateDict.Difference difference = StateDict.compare(StateDict.shapes(used), shapes());
    if (!difference.isEmpty()) {
      throw new TensorFormatException(file, "not FID's Inception-v3: " + difference.describe());
    }
    NDManager manager = parent.newSubManager();
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    used.forEach((name, tensor) -> parameters.put(name, tensor.toArray(manager)));
    return new InceptionExtractor(manager, parameters);
  }

  /** Names and shapes of the tensors that it keeps. */
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
  public String name() {
    return EvaluationProtocol.INCEPTION;
  }

  @Override
  public int dimensions() {
    return InceptionLayers.DIMENSIONS;
  }

  @Override
  public NDArray features(NDArray images) {
    Shape shape = images.getShape();
    require(
        shape.dimension() == 4 && shape.get(1) == 3,
        "Inception takes RGB images (N, 3, H, W), not %s",
        shape);
    NDManager owner = images.getManager();
    try (NDManager scope = owner.newSubManager()) {
      NDArray x = AtenOps.upsampleBilinear(images, EDGE, EDGE);
      x.attach(scope);
      NDArray features = trunk(x.mul(2).subi(1));
      features.attach(owner);
      return features;
    }
  }

  private NDArray trunk(NDArray images) {
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
    for (String name : new String[] {"Mixed_6b.", "Mixed_6c.", "Mixed_6d.", "Mixed_6e."}) {
      x = blockC(x, name);
    }
    x =
        join(
            branch(x, "Mixed_7a.branch3x3_", 2),
            branch(x, "Mixed_7a.branch7x7x3_", 4),
            AtenOps.maxPool2d(x, 3, 2, 0));
    x = blockE(x, "Mixed_7b.", AtenOps.avgPool2d(x, 3, 1, 1, false));
    x = blockE(x, "Mixed_7c.", AtenOps.maxPool2d(x, 3, 1, 1));
    return x.reshape(x.getShape().get(0), InceptionLayers.DIMENSIONS, -1).mean(new int[] {2});
  }

  private NDArray blockA(NDArray x, String name) {
    return join(
        chain(x, name + "branch1x1"),
        branch(x, name + "branch5x5_", 2),
        branch(x, name + "branch3x3dbl_", 3),
        chain(AtenOps.avgPool2d(x, 3, 1, 1, false), name + "branch_pool"));
  }

  private NDArray blockC(NDArray x, String name) {
    return join(
        chain(x, name + "branch1x1"),
        branch(x, name + "branch7x7_", 3),
        branch(x, name + "branch7x7dbl_", 5),
        chain(AtenOps.avgPool2d(x, 3, 1, 1, false), name + "branch_pool"));
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

  @Override
  public void close() {
    manager.close();
  }
}
