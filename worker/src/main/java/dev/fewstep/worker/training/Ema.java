package dev.fewstep.worker.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.tensor.TensorLists;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Exponential moving average of parameters: average = d average + (1-d) parameter. */
public final class Ema {
  private final double decay;
  private final boolean warmUp;
  private final Map<String, NDArray> averages = new LinkedHashMap<>();
  private final List<NDArray> targets;
  private final List<NDArray> parameters;

  /**
   * Starts from copies of the parameters.
   *
   * @param parameters name to tensor
   * @param decay d in [0, 1); 0 follows the parameters at once
   * @param warmUp whether d is held below (1+n)/(10+n) at update n, so that a random start is soon
   *     forgotten
   * @param owner of the averages
   */
  public Ema(Map<String, NDArray> parameters, double decay, boolean warmUp, NDManager owner) {
    if (!(decay >= 0 && decay < 1)) {
      throw new IllegalArgumentException("The decay must be in [0, 1) but is " + decay);
    }
    this.decay = decay;
    this.warmUp = warmUp;
    this.parameters = List.copyOf(parameters.values());
    parameters.forEach(
        (name, value) -> averages.put(name, owner.zeros(value.getShape(), value.getDataType())));
    targets = List.copyOf(averages.values());
    TensorLists.assign(targets, this.parameters);
  }

  /**
   * Moves the averages towards the parameters.
   *
   * @param update number of this update, from 1
   */
  public void update(long update) {
    double held = warmUp ? Math.min(decay, (1.0 + update) / (10.0 + update)) : decay;
    TensorLists.moveTowards(targets, parameters, 1 - held);
  }

  /**
   * The averages, live until the next update.
   *
   * @return name to tensor, in the order of the parameters
   */
  public Map<String, NDArray> averages() {
    return averages;
  }

  Map<String, NDArray> state() {
    Map<String, NDArray> state = new LinkedHashMap<>();
    averages.forEach((name, value) -> state.put("ema." + name, value));
    return state;
  }
}
