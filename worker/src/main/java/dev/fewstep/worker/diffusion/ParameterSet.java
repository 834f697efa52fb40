package dev.fewstep.worker.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.diffusion.NetworkText.Slot;
import dev.fewstep.worker.diffusion.NetworkText.Start;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.StreamSeed;
import dev.fewstep.worker.tensor.Tensors;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The named parameters of a scripted network: made, copied from weights, or shared. */
final class ParameterSet {
  private ParameterSet() {}

  /** Torch's default initialisation; where {@code zeroEnds}, residual branches start at zero. */
  static Map<String, NDArray> initialise(
      List<Slot> slots, NDManager manager, long seed, boolean zeroEnds) {
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    for (Slot slot : slots) {
      Shape shape = slot.shape();
      NDArray value;
      if (slot.start() == Start.ONE) {
        value = manager.ones(shape);
      } else if (slot.start() == Start.ZERO || (zeroEnds && slot.residualEnd())) {
        value = manager.zeros(shape);
      } else if (slot.start() == Start.NORMAL) {
        value = AtenOps.noise(manager, shape, StreamSeed.of(seed, "init " + slot.name()));
      } else {
        double bound = 1 / Math.sqrt((double) slot.fanIn());
        value = AtenOps.uniform(manager, shape, StreamSeed.of(seed, "init " + slot.name()));
        Tensors.subi(Tensors.muli(value, 2 * bound), bound);
      }
      parameters.put(slot.name(), value);
    }
    return parameters;
  }

  /** Copies weights, float32 on the manager's device; all misfits are in one message. */
  static Map<String, NDArray> load(
      List<Slot> slots, NDManager manager, Map<String, NDArray> weights) {
    check(slots, weights);
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    for (Slot slot : slots) {
      parameters.put(slot.name(), copy(manager, weights.get(slot.name())));
    }
    return parameters;
  }

  /** Handles of the same storage with gradients of their own. */
  static Map<String, NDArray> share(Map<String, NDArray> parameters, NDManager scope) {
    Map<String, NDArray> shared = new LinkedHashMap<>();
    parameters.forEach(
        (name, value) -> {
          NDArray handle = value.stopGradient();
          handle.attach(scope);
          shared.put(name, handle);
        });
    return shared;
  }

  /** Names and shapes in the order of the state dict. */
  static Map<String, Shape> shapes(List<Slot> slots) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    slots.forEach(slot -> shapes.put(slot.name(), slot.shape()));
    return shapes;
  }

  private static void check(List<Slot> slots, Map<String, NDArray> weights) {
    List<String> problems = new ArrayList<>();
    Set<String> known = new HashSet<>();
    for (Slot slot : slots) {
      known.add(slot.name());
      NDArray value = weights.get(slot.name());
      Shape expected = slot.shape();
      if (value == null) {
        problems.add(slot.name() + " is missing");
      } else if (!value.getShape().equals(expected)) {
        problems.add(slot.name() + " has shape " + value.getShape() + ", expected " + expected);
      }
    }
    weights.keySet().stream()
        .filter(name -> !known.contains(name))
        .forEach(name -> problems.add(name + " is not a tensor of this U-Net"));
    if (!problems.isEmpty()) {
      int shown = Math.min(5, problems.size());
      throw new IllegalArgumentException(
          "The weights do not fit the U-Net in "
              + problems.size()
              + " places: "
              + String.join("; ", problems.subList(0, shown))
              + (shown < problems.size() ? "; ..." : ""));
    }
  }

  private static NDArray copy(NDManager manager, NDArray value) {
    return Autograd.off(
        () -> {
          // DJL's toDevice and toType alias what has the right device and type already, even when
          // asked for a copy.
          try (NDArray own = value.duplicate();
              NDArray moved = own.toDevice(manager.getDevice(), true);
              NDArray typed = moved.toType(DataType.FLOAT32, true)) {
            NDArray detached = typed.stopGradient();
            detached.attach(manager);
            return detached;
          }
        });
  }
}
