package dev.fewstep.worker.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.ScriptModule;
import dev.fewstep.worker.tensor.ScriptArchive;
import dev.fewstep.worker.tensor.TorchEngine;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The U-Net of DDIM and DDPM with any width, depth and image size, and the tensor names of its
 * published checkpoints.
 *
 * <p>Sinusoidal time embedding [sin, cos] with frequencies exp(-ln 10000 k / (half-1)); residual
 * blocks GN-SiLU-conv, + time, GN-SiLU-dropout-conv; one-head attention; stride-2 convolution
 * padded right and below; nearest upsampling. Group normalisation uses eps 1e-6.
 */
public final class UNet implements Denoiser {
  private static final Map<String, ScriptModule> COMPILED = new ConcurrentHashMap<>();

  private final UNetConfig config;
  private final NDManager manager;
  private final Map<String, NDArray> parameters;
  private final List<NDArray> values;
  private final ScriptModule module;
  private final int dropouts;
  private final String device;

  private UNet(
      UNetConfig config, UNetProgram program, NDManager manager, Map<String, NDArray> parameters) {
    this.config = config;
    this.manager = manager;
    this.parameters = Collections.unmodifiableMap(parameters);
    values = List.copyOf(parameters.values());
    values.forEach(value -> value.setRequiresGradient(true));
    dropouts = program.dropouts();
    module = COMPILED.computeIfAbsent(program.script(), ScriptArchive::compile);
    device = TorchEngine.torchName(manager.getDevice());
  }

  /**
   * Makes a network with torch's default initialisation: uniform in ±1/sqrt(fan-in) for
   * convolutions and linear layers.
   *
   * @param config the shape
   * @param parent owner of the parameters; its device is where the network runs
   * @param seed of the initialisation
   * @param zeroEnds whether the last convolution of every residual branch and of the network starts
   *     at zero, as in DDPM's original code
   * @return the network
   */
  public static UNet initialise(UNetConfig config, NDManager parent, long seed, boolean zeroEnds) {
    UNetProgram program = new UNetProgram(config);
    NDManager manager = parent.newSubManager();
    return new UNet(
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
  public static UNet load(UNetConfig config, NDManager parent, Map<String, NDArray> weights) {
    UNetProgram program = new UNetProgram(config);
    NDManager manager = parent.newSubManager();
    try {
      return new UNet(
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
  public static Map<String, Shape> parameterShapes(UNetConfig config) {
    return ParameterSet.shapes(new UNetProgram(config).slots());
  }

  @Override
  public NDArray predict(NDArray x, NDArray t) {
    return run(x, t, new long[0]);
  }

  @Override
  public NDArray predict(NDArray x, NDArray t, DropoutSeeds dropout) {
    if (config.dropout() == 0) {
      return predict(x, t);
    }
    return run(x, t, dropout.all((int) x.getShape().get(0), dropouts));
  }

  private NDArray run(NDArray x, NDArray t, long[] seeds) {
    return module.tensor(x.getManager(), "forward", x, t, values, seeds, device);
  }

  /**
   * The shape of the network.
   *
   * @return the configuration
   */
  public UNetConfig config() {
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
  public UNet replica(NDManager owner) {
    NDManager scope = owner.newSubManager();
    return new UNet(config, new UNetProgram(config), scope, ParameterSet.share(parameters, scope));
  }

  @Override
  public void close() {
    manager.close();
  }
}
