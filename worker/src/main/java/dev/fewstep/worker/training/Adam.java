package dev.fewstep.worker.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.tensor.TensorLists;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * torch's Adam with betas (0.9, 0.999), eps 1e-8 and no weight decay (Kingma and Ba 2015). DJL's
 * own differs: it does not correct eps for the bias.
 */
public final class Adam {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;
  private static final double EPS = 1e-8;

  private final List<String> names;
  private final List<NDArray> parameters;
  private final List<NDArray> first;
  private final List<NDArray> second;
  private long updates;

  /**
   * Starts with zero moments.
   *
   * @param parameters name to tensor, changed by updates
   * @param owner of the moments
   */
  public Adam(Map<String, NDArray> parameters, NDManager owner) {
    names = List.copyOf(parameters.keySet());
    this.parameters = List.copyOf(parameters.values());
    first = zeros(owner);
    second = zeros(owner);
  }

  private List<NDArray> zeros(NDManager owner) {
    return parameters.stream()
        .map(value -> owner.zeros(value.getShape(), value.getDataType()))
        .toList();
  }

  /**
   * Updates the parameters.
   *
   * @param gradients in the order of the parameters
   * @param rate learning rate of this update
   */
  public void update(List<NDArray> gradients, double rate) {
    updates++;
    TensorLists.adam(
        new TensorLists.AdamState(parameters, gradients, first, second),
        rate,
        BETA1,
        BETA2,
        EPS,
        updates);
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
