package dev.fewstep.worker.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.TensorLists;
import dev.fewstep.worker.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * Compares samples with real images that are not trained on, keeps the weights of the best
 * comparison and says when to stop. Noise and images are the same every time, so that only the
 * weights differ; the state is part of the training's checkpoint.
 */
final class Validation {
  private static final String STATE = "validation";

  private final ImageDataset images;
  private final ValidationSettings settings;
  private final TwoPass pass;
  private final NDManager owner;
  private final Map<String, NDArray> best = new LinkedHashMap<>();
  private final NDArray state;
  private List<NDArray> real = List.of();

  /**
   * Prepares.
   *
   * @param parameters the network's, which may be changed for the time of a comparison
   */
  Validation(
      ImageDataset images,
      ValidationSettings settings,
      TwoPass pass,
      Map<String, NDArray> parameters,
      NDManager owner) {
    if (images.size() < 2) {
      throw new IllegalArgumentException(
          "A validation needs 2 images or more, not " + images.size());
    }
    this.images = images;
    this.settings = settings;
    this.pass = pass;
    this.owner = owner;
    parameters.forEach(
        (name, value) ->
            best.put("best." + name, owner.zeros(value.getShape(), value.getDataType())));
    // The best loss, the iteration it was found after (0: none yet), validations since.
    state = Tensors.of(owner, new double[] {0, 0, 0});
  }

  boolean due(int iteration) {
    return iteration % settings.every() == 0;
  }

  /**
   * Compares.
   *
   * @param iteration updates made
   * @param parameters of the network that samples
   * @param weights that are compared: the parameters, or their averages
   * @return the loss
   */
  double compare(int iteration, Map<String, NDArray> parameters, Map<String, NDArray> weights) {
    double loss = loss(parameters, weights, OptionalLong.empty());
    double[] now = state.toDoubleArray();
    boolean better = Double.isFinite(loss) && (now[1] == 0 || loss < now[0]);
    if (better) {
      TensorLists.assign(List.copyOf(best.values()), List.copyOf(weights.values()));
    }
    state.set(
        better ? new double[] {loss, iteration, 0} : new double[] {now[0], now[1], now[2] + 1});
    return loss;
  }

  /**
   * The loss of weights with noise of a seed. Changes nothing of what is remembered.
   *
   * @param parameters of the network that samples
   * @param weights that are measured: the parameters, or their averages
   */
  double measure(Map<String, NDArray> parameters, Map<String, NDArray> weights, long seed) {
    return loss(parameters, weights, OptionalLong.of(seed));
  }

  private double loss(
      Map<String, NDArray> parameters, Map<String, NDArray> weights, OptionalLong seed) {
    return parameters == weights ? loss(seed) : lossOf(parameters, weights, seed);
  }

  private double lossOf(
      Map<String, NDArray> parameters, Map<String, NDArray> weights, OptionalLong seed) {
    List<NDArray> targets = List.copyOf(parameters.values());
    try (NDManager scope = owner.newSubManager()) {
      List<NDArray> kept =
          Autograd.off(
              () ->
                  targets.stream()
                      .map(
                          value -> {
                            NDArray copy = scope.zeros(value.getShape(), value.getDataType());
                            TensorLists.assign(List.of(copy), List.of(value));
                            return copy;
                          })
                      .toList());
      TensorLists.assign(targets, List.copyOf(weights.values()));
      try {
        return loss(seed);
      } finally {
        TensorLists.assign(targets, kept);
      }
    }
  }

  private double loss(OptionalLong seed) {
    int count = Math.min(settings.samples(), images.size());
    if (real.isEmpty()) {
      try (NDManager scope = owner.newSubManager()) {
        NDArray batch =
            images
                .batch(scope, IntStream.range(0, count).toArray())
                .toDevice(scope.getDevice(), false);
        List<NDArray> features = pass.realFeatures(scope, batch);
        features.forEach(array -> array.attach(owner));
        real = features;
      }
    }
    try (NDManager scope = owner.newSubManager()) {
      return seed.isPresent()
          ? pass.validate(scope, real, settings.samples(), seed.getAsLong())
          : pass.validate(scope, real, settings.samples());
    }
  }

  /** Whether so many comparisons in a row were no better that training should end. */
  boolean exhausted() {
    return settings.patience() > 0 && state.toDoubleArray()[2] >= settings.patience();
  }

  /** Whether any comparison was made. */
  boolean hasBest() {
    return state.toDoubleArray()[1] > 0;
  }

  /** The best comparison. */
  Optional<MmdFinetuner.Best> found() {
    double[] now = state.toDoubleArray();
    return now[1] > 0 ? Optional.of(new MmdFinetuner.Best(now[0], (int) now[1])) : Optional.empty();
  }

  /** The weights of the best comparison, name to tensor. */
  Map<String, NDArray> best() {
    Map<String, NDArray> weights = new LinkedHashMap<>();
    best.forEach((name, value) -> weights.put(name.substring("best.".length()), value));
    return weights;
  }

  Map<String, NDArray> state() {
    Map<String, NDArray> tensors = new LinkedHashMap<>(best);
    tensors.put(STATE, state);
    return tensors;
  }
}
