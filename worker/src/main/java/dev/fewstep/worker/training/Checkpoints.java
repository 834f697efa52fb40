package dev.fewstep.worker.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.TensorLists;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Names of the tensors of a resumable training state, and the way back into it. */
final class Checkpoints {
  static final String ITERATION = "iteration";
  static final String MODEL = "model.";

  private Checkpoints() {}

  /** Copies the tensors of {@code source} into those of {@code targets} with the same names. */
  static void restore(Map<String, NDArray> targets, Map<String, NDArray> source) {
    List<NDArray> to = new ArrayList<>();
    List<NDArray> from = new ArrayList<>();
    targets.forEach(
        (name, target) -> {
          NDArray value = source.get(name);
          if (value == null) {
            throw new IllegalArgumentException("The Checkpoint lacks the tensor " + name);
          }
          if (!value.getShape().equals(target.getShape())) {
            throw new IllegalArgumentException(
                "The Checkpoint's tensor "
                    + name
                    + " has shape "
                    + value.getShape()
                    + ", expected "
                    + target.getShape());
          }
          to.add(target);
          from.add(value);
        });
    TensorLists.assign(to, from);
  }

  /** Reads the iteration that a checkpoint was taken after. */
  static int iteration(Map<String, NDArray> checkpoint) {
    NDArray value = checkpoint.get(ITERATION);
    if (value == null || value.size() != 1) {
      throw new IllegalArgumentException("The Checkpoint lacks the number '" + ITERATION + "'");
    }
    return Autograd.off(
        () -> {
          try (NDArray number = value.toType(DataType.INT64, true)) {
            return Math.toIntExact(number.toLongArray()[0]);
          }
        });
  }
}
