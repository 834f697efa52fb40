package dev.fewstep.worker.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.tensor.Autograd;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How much gradient reaches each layer: the numbers that MMD-DDM plots (plot_grad_flow).
 *
 * @param layers in the order of the network's state dict
 */
public record GradientFlow(List<Layer> layers) {
  /** Copies. */
  public GradientFlow {
    layers = List.copyOf(layers);
  }

  /**
   * One layer: a parameter name without its last part, weight and bias together.
   *
   * @param name such as {@code down.0.block.0.conv1}
   * @param mean of |g| over all its values
   * @param max of |g|
   * @param norm L2
   */
  public record Layer(String name, double mean, double max, double norm) {}

  /**
   * Measures.
   *
   * @param names of the parameters
   * @param gradients one for each name
   * @param parent owner of passing memory
   * @return the table
   */
  static GradientFlow of(List<String> names, List<NDArray> gradients, NDManager parent) {
    Map<String, List<NDArray>> layers = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      layers.computeIfAbsent(layer(names.get(i)), key -> new ArrayList<>()).add(gradients.get(i));
    }
    List<Layer> rows = new ArrayList<>();
    layers.forEach((name, parts) -> rows.add(measure(name, parts, parent)));
    return new GradientFlow(rows);
  }

  private static Layer measure(String name, List<NDArray> parts, NDManager parent) {
    return Autograd.off(
        () -> {
          double sum = 0;
          double max = 0;
          double squares = 0;
          long count = 0;
          try (NDManager scope = parent.newSubManager()) {
            for (NDArray part : parts) {
              NDArray size = part.abs();
              size.attach(scope);
              sum += size.sum().getFloat();
              max = Math.max(max, size.max().getFloat());
              squares += size.square().sum().getFloat();
              count += part.size();
            }
          }
          return new Layer(name, sum / count, max, Math.sqrt(squares));
        });
  }

  private static String layer(String parameter) {
    int dot = parameter.lastIndexOf('.');
    return dot < 0 ? parameter : parameter.substring(0, dot);
  }
}
