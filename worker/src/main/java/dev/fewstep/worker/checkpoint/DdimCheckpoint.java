package dev.fewstep.worker.checkpoint;

import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The list that DDIM's and MMD-DDM's training code saves and resumes from: [model, optimiser,
 * epoch, step] and, where an EMA is kept, the EMA (facts: mmd-ddm 6a).
 */
public final class DdimCheckpoint {
  private DdimCheckpoint() {}

  /**
   * The list, for {@link PthFile#write}. The optimiser is a fresh Adam's state over as many
   * parameters as the model has tensors of a floating type.
   *
   * @param model parameters without {@code module.}, which is put before every name
   * @param learningRate of the optimiser's one group
   * @param epoch epochs done
   * @param step steps done
   * @param ema parameters of the EMA, saved without a prefix; four entries without it
   */
  public static List<Object> of(
      Map<String, RawTensor> model,
      double learningRate,
      int epoch,
      long step,
      Optional<Map<String, RawTensor>> ema) {
    Map<String, RawTensor> prefixed = new LinkedHashMap<>();
    model.forEach((name, tensor) -> prefixed.put("module." + name, tensor));
    List<Object> list = new ArrayList<>(List.of(prefixed, adam(model, learningRate), epoch, step));
    ema.ifPresent(list::add);
    return list;
  }

  private static Map<String, Object> adam(Map<String, RawTensor> model, double learningRate) {
    List<Integer> indices = new ArrayList<>();
    for (RawTensor tensor : model.values()) {
      if (tensor.type().isFloating() || tensor.type() == DataType.BFLOAT16) {
        indices.add(indices.size());
      }
    }
    Map<String, Object> group = new LinkedHashMap<>();
    group.put("lr", learningRate);
    group.put("betas", new PthWriter.Tuple(List.of(0.9, 0.999)));
    group.put("eps", 1e-8);
    group.put("weight_decay", 0.0);
    group.put("amsgrad", false);
    group.put("params", indices);
    Map<String, Object> optimiser = new LinkedHashMap<>();
    optimiser.put("state", Map.of());
    optimiser.put("param_groups", List.of(group));
    return optimiser;
  }
}
