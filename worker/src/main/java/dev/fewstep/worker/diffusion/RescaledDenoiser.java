package dev.fewstep.worker.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.tensor.Tensors;
import java.util.Map;

/**
 * A network that was trained on timesteps t 1000 / T, whatever T (improved-diffusion's {@code
 * rescale_timesteps}, respace.py:116-122).
 *
 * @param network the network
 * @param factor 1000 / T
 */
public record RescaledDenoiser(Denoiser network, double factor) implements Denoiser {
  /**
   * Rescales for a schedule.
   *
   * @param network the network
   * @param steps T
   * @return the network on the timesteps of the schedule
   */
  public static Denoiser of(Denoiser network, int steps) {
    return steps == 1000 ? network : new RescaledDenoiser(network, 1000.0 / steps);
  }

  @Override
  public NDArray predict(NDArray x, NDArray t) {
    try (NDArray scaled = Tensors.mul(t, factor)) {
      return network.predict(x, scaled);
    }
  }

  @Override
  public NDArray predict(NDArray x, NDArray t, DropoutSeeds dropout) {
    try (NDArray scaled = Tensors.mul(t, factor)) {
      return network.predict(x, scaled, dropout);
    }
  }

  @Override
  public PredictionType prediction() {
    return network.prediction();
  }

  @Override
  public Shape imageShape() {
    return network.imageShape();
  }

  @Override
  public Map<String, NDArray> parameters() {
    return network.parameters();
  }

  @Override
  public Denoiser replica(NDManager owner) {
    return new RescaledDenoiser(network.replica(owner), factor);
  }

  @Override
  public boolean gradientsAreShared() {
    return network.gradientsAreShared();
  }

  @Override
  public int classes() {
    return network.classes();
  }

  @Override
  public Denoiser withLabels(long... classes) {
    return new RescaledDenoiser(network.withLabels(classes), factor);
  }

  @Override
  public void close() {
    network.close();
  }
}
