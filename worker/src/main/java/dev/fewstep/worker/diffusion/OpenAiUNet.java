package dev.fewstep.worker.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.ScriptModule;
import dev.fewstep.worker.tensor.ScriptArchive;
import dev.fewstep.worker.tensor.Tensors;
import dev.fewstep.worker.tensor.TorchEngine;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The U-Net of improved-diffusion (Nichol and Dhariwal 2021) and guided-diffusion (Dhariwal and
 * Nichol 2021) with the tensor names of their checkpoints.
 *
 * <p>Time embedding [cos, sin] with frequencies exp(-ln 10000 k / half); scale-shift residual
 * blocks; attention with several heads; stride-2 convolutions padded on both sides. Group
 * normalisation uses eps 1e-5. Timesteps are taken as they are: see {@link RescaledDenoiser}. Of a
 * learned variance only the prediction is returned. A conditional network must be given labels
 * before it predicts.
 */
public final class OpenAiUNet implements Denoiser {
  private static final Map<String, ScriptModule> COMPILED = new ConcurrentHashMap<>();

  private final OpenAiConfig config;
  private final NDManager manager;
  private final Map<String, NDArray> parameters;
  private final List<NDArray> values;
  private final ScriptModule module;
  private final int dropouts;
  private final String device;
  private final List<Long> labels;

  private OpenAiUNet(
      OpenAiConfig config,
      OpenAiProgram program,
      NDManager manager,
      Map<String, NDArray> parameters) {
    this.config = config;
    this.manager = manager;
    this.parameters = Collections.unmodifiableMap(parameters);
    values = List.copyOf(parameters.values());
    values.forEach(value -> value.setRequiresGradient(true));
    dropouts = program.dropouts();
    module = COMPILED.computeIfAbsent(program.script(), ScriptArchive::compile);
    device = TorchEngine.torchName(manager.getDevice());
    labels = List.of();
  }

  /** The same network with labels; it is closed with the network. */
  private OpenAiUNet(OpenAiUNet network, List<Long> labels) {
    config = network.config;
    manager = network.manager;
    parameters = network.parameters;
    values = network.values;
    module = network.module;
    dropouts = network.dropouts;
    device = network.device;
    this.labels = labels;
  }

  /**
   * Makes a network with torch's default initialisation.
   *
   * @param config the shape
   * @param parent owner of the parameters; its device is where the network runs
   * @param seed of the initialisation
   * @param zeroEnds whether the last convolution of every residual branch and of the network starts
   *     at zero, as in the published code
   * @return the network
   */
  public static OpenAiUNet initialise(
      OpenAiConfig config, NDManager parent, long seed, boolean zeroEnds) {
    OpenAiProgram program = new OpenAiProgram(config);
    NDManager manager = parent.newSubManager();
    return new OpenAiUNet(
        config,
        program,
        manager,
        ParameterSet.initialise(program.slots(), manager, seed, zeroEnds));
  }

  /**
   * Makes a network from weights, which are copied.
   *
   * @param config the shape
   * @param parent owner of the parameters; its device is where the network runs
   * @param weights name to tensor
   * @return the network
   * @throws IllegalArgumentException when a name is missing or unknown, or a shape differs
   */
  public static OpenAiUNet load(
      OpenAiConfig config, NDManager parent, Map<String, NDArray> weights) {
    OpenAiProgram program = new OpenAiProgram(config);
    NDManager manager = parent.newSubManager();
    try {
      return new OpenAiUNet(
          config, program, manager, ParameterSet.load(program.slots(), manager, weights));
    } catch (IllegalArgumentException e) {
      manager.close();
      throw e;
    }
  }

  /**
   * Names and shapes of the parameters of a network, in the order of its state dict.
   *
   * @param config the shape of the network
   * @return name to shape
   */
  public static Map<String, Shape> parameterShapes(OpenAiConfig config) {
    return ParameterSet.shapes(new OpenAiProgram(config).slots());
  }

  @Override
  public NDArray predict(NDArray x, NDArray t) {
    return run(x, t, new long[0], config.channels());
  }

  @Override
  public NDArray predict(NDArray x, NDArray t, DropoutSeeds dropout) {
    if (config.dropout() == 0) {
      return predict(x, t);
    }
    return run(x, t, dropout.all((int) x.getShape().get(0), dropouts), config.channels());
  }

  /**
   * The whole output, without dropout: the prediction and, with a learned variance, the variance.
   *
   * @param x noisy images, float32 (N, C, H, W)
   * @param t timesteps, float32 (N)
   * @return (N, C or 2C, H, W), owned by x's manager
   */
  public NDArray output(NDArray x, NDArray t) {
    return run(x, t, new long[0], config.outputs());
  }

  private NDArray run(NDArray x, NDArray t, long[] seeds, int outputs) {
    NDManager scope = x.getManager();
    try (NDArray y =
        Tensors.of(scope, rowLabels((int) x.getShape().get(0))).toDevice(x.getDevice(), false)) {
      return module.tensor(scope, "forward", x, t, y, values, seeds, device, outputs);
    }
  }

  private long[] rowLabels(int rows) {
    if (config.classes() == 0) {
      return new long[] {0};
    }
    if (labels.isEmpty()) {
      throw new IllegalStateException(
          "A network of " + config.classes() + " classes predicts only with labels");
    }
    long[] result = new long[rows];
    if (labels.size() == 1) {
      Arrays.fill(result, labels.get(0));
    } else if (labels.size() == rows) {
      Arrays.setAll(result, labels::get);
    } else {
      throw new IllegalArgumentException(
          "There are " + labels.size() + " labels for " + rows + " images");
    }
    return result;
  }

  @Override
  public int classes() {
    return config.classes();
  }

  @Override
  public OpenAiUNet withLabels(long... classes) {
    if (config.classes() == 0) {
      return this;
    }
    for (long label : classes) {
      if (label < 0 || label >= config.classes()) {
        throw new IllegalArgumentException(
            "The label " + label + " is none of the network's " + config.classes() + " classes");
      }
    }
    return new OpenAiUNet(this, Arrays.stream(classes).boxed().toList());
  }

  /**
   * The shape of the network.
   *
   * @return the configuration
   */
  public OpenAiConfig config() {
    return config;
  }

  @Override
  public PredictionType prediction() {
    return config.prediction();
  }

  @Override
  public Shape imageShape() {
    return new Shape(config.channels(), config.imageSize(), config.imageSize());
  }

  @Override
  public Map<String, NDArray> parameters() {
    return parameters;
  }

  @Override
  public OpenAiUNet replica(NDManager owner) {
    NDManager scope = owner.newSubManager();
    OpenAiUNet replica =
        new OpenAiUNet(
            config, new OpenAiProgram(config), scope, ParameterSet.share(parameters, scope));
    return new OpenAiUNet(replica, labels);
  }

  @Override
  public void close() {
    manager.close();
  }
}
