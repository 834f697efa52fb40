package dev.fewstep.worker.diffusion;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.util.Pair;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.TensorLists;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Any TorchScript module {@code (x, t) -> prediction}, in evaluation mode: dropout inside it stays
 * off. A prediction with twice the channels (learned variance) is cut to its first half.
 *
 * <p>Its parameters can be trained. They belong to the module, so replicas share their gradients
 * too: train with one shard. A TorchScript archive is code: load only what an administrator trusts.
 */
public final class TorchScriptDenoiser implements Denoiser {
  private final byte[] archive;
  private final NDManager manager;
  private final PtSymbolBlock module;
  private final Map<String, NDArray> parameters;
  private final Shape image;
  private final PredictionType prediction;
  private final boolean owner;

  private TorchScriptDenoiser(
      byte[] archive,
      NDManager manager,
      PtSymbolBlock module,
      Map<String, NDArray> parameters,
      Shape image,
      PredictionType prediction,
      boolean owner) {
    this.archive = archive;
    this.manager = manager;
    this.module = module;
    this.parameters = parameters;
    this.image = image;
    this.prediction = prediction;
    this.owner = owner;
  }

  /**
   * Loads a module, and runs it once on a black image to see that it fits.
   *
   * @param archive what {@code torch.jit.save} wrote; kept, not changed
   * @param weights values for the module's parameters, all of them or none; none keeps those of the
   *     archive
   * @param image shape (C, H, W) of an image
   * @param prediction what the module predicts
   * @param parent manager on whose device it runs
   * @return the denoiser
   * @throws IllegalArgumentException when the weights are not those of the module's parameters, or
   *     the module does not turn (1, C, H, W) into (1, C, H, W) or (1, 2C, H, W)
   * @throws ai.djl.engine.EngineException when libtorch refuses the archive or the call
   */
  public static TorchScriptDenoiser load(
      byte[] archive,
      Map<String, NDArray> weights,
      Shape image,
      PredictionType prediction,
      NDManager parent) {
    require(image.dimension() == 3, "an image has a shape (C, H, W), not %s", image);
    TorchEngine.start();
    NDManager manager = parent.newSubManager();
    try {
      PtSymbolBlock module =
          JniUtils.loadModule(
              (PtNDManager) manager, new ByteArrayInputStream(archive), true, false);
      JniUtils.enableInferenceMode(module);
      Map<String, NDArray> parameters = new LinkedHashMap<>();
      for (Pair<String, NDArray> pair : named(module, manager)) {
        require(
            pair.getValue().getDataType() == DataType.FLOAT32,
            "the parameter %s is %s; only float32 modules can be denoisers",
            pair.getKey(),
            pair.getValue().getDataType());
        parameters.put(pair.getKey(), pair.getValue());
      }
      if (!weights.isEmpty()) {
        assign(parameters, weights);
      }
      parameters.values().forEach(value -> value.setRequiresGradient(true));
      TorchScriptDenoiser denoiser =
          new TorchScriptDenoiser(
              archive,
              manager,
              module,
              Collections.unmodifiableMap(parameters),
              image,
              prediction,
              true);
      denoiser.probe();
      return denoiser;
    } catch (IOException e) {
      manager.close();
      throw new UncheckedIOException("Reading an archive from memory failed", e);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  private static List<Pair<String, NDArray>> named(PtSymbolBlock module, NDManager manager) {
    List<Pair<String, NDArray>> pairs = new ArrayList<>();
    for (NDArray value : JniUtils.moduleGetParams(module, (PtNDManager) manager)) {
      pairs.add(new Pair<>(value.getName(), value));
    }
    return pairs;
  }

  private static void assign(Map<String, NDArray> parameters, Map<String, NDArray> weights) {
    for (Map.Entry<String, NDArray> entry : parameters.entrySet()) {
      NDArray value = weights.get(entry.getKey());
      require(value != null, "the weights lack the module's parameter %s", entry.getKey());
      require(
          value.getShape().equals(entry.getValue().getShape()),
          "%s has shape %s, the module's has %s",
          entry.getKey(),
          value.getShape(),
          entry.getValue().getShape());
    }
    for (String name : weights.keySet()) {
      require(parameters.containsKey(name), "%s is not a parameter of the module", name);
    }
    List<NDArray> targets = List.copyOf(parameters.values());
    List<NDArray> values = parameters.keySet().stream().map(weights::get).toList();
    if (!targets.isEmpty()) {
      TensorLists.assign(targets, values);
    }
  }

  private void probe() {
    Autograd.silently(
        () -> {
          try (NDManager scope = manager.newSubManager()) {
            NDArray x = scope.zeros(new Shape(1).addAll(image));
            NDArray t = scope.zeros(new Shape(1));
            Shape shape = forward(x, t).getShape();
            require(
                shape.equals(x.getShape()) || shape.equals(doubled(x.getShape())),
                "the module turns %s into %s, expected the same shape or twice the channels",
                x.getShape(),
                shape);
          }
        });
  }

  private static Shape doubled(Shape shape) {
    return new Shape(shape.get(0), 2 * shape.get(1), shape.get(2), shape.get(3));
  }

  private NDArray forward(NDArray x, NDArray t) {
    // "training" only says that a graph may be recorded; the module stays in evaluation mode.
    NDArray output = IValueUtils.forward(module, new NDList(x, t), true).singletonOrThrow();
    output.attach(x.getManager());
    return output;
  }

  @Override
  public NDArray predict(NDArray x, NDArray t) {
    NDArray output = forward(x, t);
    long channels = image.get(0);
    if (output.getShape().get(1) == channels) {
      return output;
    }
    try (output) {
      NDArray mean = output.get(x.getManager(), new NDIndex(":, :" + channels));
      mean.attach(x.getManager());
      return mean;
    }
  }

  @Override
  public NDArray predict(NDArray x, NDArray t, DropoutSeeds dropout) {
    return predict(x, t);
  }

  @Override
  public PredictionType prediction() {
    return prediction;
  }

  @Override
  public Shape imageShape() {
    return image;
  }

  @Override
  public Map<String, NDArray> parameters() {
    return parameters;
  }

  @Override
  public TorchScriptDenoiser replica(NDManager owner) {
    return new TorchScriptDenoiser(archive, manager, module, parameters, image, prediction, false);
  }

  @Override
  public boolean gradientsAreShared() {
    return true;
  }

  /**
   * The archive that the module was loaded from; its weights are not those of {@link #parameters}.
   *
   * @return what {@code torch.jit.save} wrote
   */
  public byte[] archive() {
    return archive.clone();
  }

  @Override
  public void close() {
    if (owner) {
      manager.close();
    }
  }
}
