package dev.fewstep.worker.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.TensorLists;
import dev.fewstep.worker.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** torch's Adam (Kingma and Ba 2015). DJL's own differs: it does not correct eps for the bias. */
public final class Adam {
  private final AdamSettings settings;
  private final List<String> names;
  private final List<NDArray> parameters;
  private final List<NDArray> first;
  private final List<NDArray> second;
  private long updates;

  /**
   * Starts with zero moments.
   *
   * @param parameters name to tensor, changed by updates
   * @param settings the constants
   * @param owner of the moments
   */
  public Adam(Map<String, NDArray> parameters, AdamSettings settings, NDManager owner) {
    this.settings = settings;
    names = List.copyOf(parameters.keySet());
    this.parameters = List.copyOf(parameters.values());
    first = zeros(owner);
    second = zeros(owner);
  }

  /**
   * With torch's default constants.
   *
   * @param parameters name to tensor, changed by updates
   * @param owner of the moments
   */
  public Adam(Map<String, NDArray> parameters, NDManager owner) {
    this(parameters, AdamSettings.TORCH, owner);
  }

  private List<NDArray> zeros(NDManager owner) {
    return parameters.stream()
        .map(value -> owner.zeros(value.getShape(), value.getDataType()))
        .toList();
  }

  /**
   * Updates the parameters.
   *
   * @param gradients in the order of the parameters; weight decay is added to them
   * @param rate learning rate of this update
   */
  public void update(List<NDArray> gradients, double rate) {
    updates++;
    if (settings.weightDecay() > 0) {
      decay(gradients);
    }
    TensorLists.adam(
        new TensorLists.AdamState(parameters, gradients, first, second),
        rate,
        settings.beta1(),
        settings.beta2(),
        settings.eps(),
        updates);
  }

  private void decay(List<NDArray> gradients) {
    Autograd.silently(
        () -> {
          for (int i = 0; i < gradients.size(); i++) {
            try (NDArray pull = Tensors.mul(parameters.get(i), settings.weightDecay())) {
              gradients.get(i).addi(pull);
            }
          }
        });
  }

  /**
   * The moments, live until the next update.
   *
   * @return {@code adam.m.NAME} and {@code adam.v.NAME} to tensor
   */
  public Map<String, NDArray> state() {
    Map<String, NDArray> state = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      state.put("adam.m." + names.get(i), first.get(i));
    }
    for (int i = 0; i < names.size(); i++) {
      state.put("adam.v." + names.get(i), second.get(i));
    }
    return state;
  }

  /**
   * Continues from a state.
   *
   * @param state as {@link #state} gave it
   * @param updatesMade number of updates behind it
   * @throws IllegalArgumentException when a moment is missing or of the wrong shape
   */
  public void restore(Map<String, NDArray> state, long updatesMade) {
    Checkpoints.restore(state(), state);
    updates = updatesMade;
  }
}
