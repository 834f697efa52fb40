package dev.fewstep.worker.features;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.jni.ScriptModule;
import dev.fewstep.worker.tensor.ScriptArchive;
import java.util.List;

/**
 * Operators that only feature extractors need; results belong to the manager of the first array.
 */
final class FeatureOps {
  private static final ScriptModule OPS =
      ScriptArchive.compile(
          """
            def separable(self: __torch__.Ops, x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
              return torch.matmul(rows, torch.matmul(x, columns))
            def linear(self: __torch__.Ops, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
              return torch.linear(x, w, b)
            def project(self: __torch__.Ops, x: Tensor, w: Tensor) -> Tensor:
              return torch.linear(x, w, None)
            def softmax(self: __torch__.Ops, x: Tensor) -> Tensor:
              return torch.softmax(x, 1)
            def cat(self: __torch__.Ops, x: Tensor, xs: List[Tensor], dim: int) -> Tensor:
              return torch.cat(xs, dim)
            def adaptive_mean(self: __torch__.Ops, x: Tensor, edge: int) -> Tensor:
              return torch.adaptive_avg_pool2d(x, [edge, edge])
            def to_float(self: __torch__.Ops, x: Tensor) -> Tensor:
              torch.set_data(x, torch.to(x, 6))
              return x
          """);

  private FeatureOps() {}

  /** rows (H', H) x (N, C, H, W) columns (W, W'): a resize whose axes are independent. */
  static NDArray separable(NDArray x, NDArray rows, NDArray columns) {
    return OPS.tensor(x.getManager(), "separable", x, rows, columns);
  }

  /** x w' + b, x (N, in), w (out, in), b (out). */
  static NDArray linear(NDArray x, NDArray weight, NDArray bias) {
    return OPS.tensor(x.getManager(), "linear", x, weight, bias);
  }

  /** x w', x (N, in), w (out, in). */
  static NDArray project(NDArray x, NDArray weight) {
    return OPS.tensor(x.getManager(), "project", x, weight);
  }

  /** Softmax over the second axis. */
  static NDArray softmax(NDArray x) {
    return OPS.tensor(x.getManager(), "softmax", x);
  }

  /** Joins along an axis; at least one array. */
  static NDArray join(List<NDArray> parts, int axis) {
    return OPS.tensor(parts.get(0).getManager(), "cat", parts.get(0), parts, axis);
  }

  /** Adaptive mean pooling of (N, C, H, W) to (N, C, edge, edge). */
  static NDArray adaptiveMean(NDArray x, int edge) {
    return OPS.tensor(x.getManager(), "adaptive_mean", x, edge);
  }

  /** Makes a half-precision parameter float32, in place, for whoever holds it. */
  static void widen(NDArray parameter) {
    OPS.tensor(parameter.getManager(), "to_float", parameter).close();
  }
}
