package dev.fewstep.worker.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What every training does with a gradient: check, clip, Adam, average, count; and its resumable
 * state.
 */
final class Optimisation {
  private final Map<String, NDArray> parameters;
  private final OptimisationSettings settings;
  private final Adam adam;
  private final Optional<Ema> ema;
  private final NDArray counter;
  private int iteration;

  /** An update that was made. */
  record Update(double gradientNorm, double learningRate) {}

  Optimisation(Map<String, NDArray> parameters, OptimisationSettings settings, NDManager owner) {
    this.parameters = parameters;
    this.settings = settings;
    adam = new Adam(parameters, settings.adam(), owner);
    ema =
        settings.emaDecay() == 0
            ? Optional.empty()
            : Optional.of(new Ema(parameters, settings.emaDecay(), settings.emaWarmUp(), owner));
    counter = Tensors.of(owner, new long[] {0});
  }

  /** Clips and updates. */
  Update update(double loss, List<NDArray> gradients) {
    return apply(clip(loss, gradients), gradients);
  }

  /**
   * Clips gradients in place.
   *
   * @return the norm before clipping
   * @throws IllegalStateException when the loss or the norm is not finite
   */
  double clip(double loss, List<NDArray> gradients) {
    double norm = GradientClip.clip(gradients, settings.clipNorm());
    if (!Double.isFinite(loss) || !Double.isFinite(norm)) {
      throw new IllegalStateException(
          "Step "
              + (iteration + 1)
              + " has loss "
              + loss
              + " and gradient norm "
              + norm
              + ": the training has diverged, try a lower learning rate or a longer warm-up");
    }
    return norm;
  }

  /** Makes an update with gradients that are clipped already; {@code norm} is reported. */
  Update apply(double norm, List<NDArray> gradients) {
    double rate = settings.learningRate().at(iteration);
    adam.update(gradients, rate);
    iteration++;
    ema.ifPresent(average -> average.update(iteration));
    return new Update(norm, rate);
  }

  List<String> names() {
    return List.copyOf(parameters.keySet());
  }

  int iteration() {
    return iteration;
  }

  Map<String, NDArray> weights() {
    return ema.map(Ema::averages).orElse(parameters);
  }

  Map<String, NDArray> checkpoint() {
    counter.set(new long[] {iteration});
    Map<String, NDArray> state = tensors();
    state.put(Checkpoints.ITERATION, counter);
    return state;
  }

  private Map<String, NDArray> tensors() {
    Map<String, NDArray> state = new LinkedHashMap<>();
    parameters.forEach((name, value) -> state.put(Checkpoints.MODEL + name, value));
    state.putAll(adam.state());
    ema.ifPresent(average -> state.putAll(average.state()));
    return state;
  }

  void restore(Map<String, NDArray> checkpoint) {
    int made = Checkpoints.iteration(checkpoint);
    Checkpoints.restore(tensors(), checkpoint);
    adam.restore(checkpoint, made);
    iteration = made;
  }
}
