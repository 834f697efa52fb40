package dev.fewstep.worker.diffusion;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * A network being written: its parameters in the order of the TorchScript list {@code P}, and the
 * lines of the method that runs it.
 */
final class NetworkText {
  /** How a parameter starts. */
  enum Start {
    /** Uniform in ±1/sqrt(fan-in), torch's default for convolutions and linear layers. */
    UNIFORM,
    /** Zero. */
    ZERO,
    /** One. */
    ONE,
    /** Standard normal, torch's default for embeddings. */
    NORMAL
  }

  /**
   * One parameter.
   *
   * @param fanIn inputs of each of its outputs
   * @param residualEnd whether it belongs to the last convolution of a residual branch or of the
   *     network
   */
  record Slot(String name, Shape shape, Start start, long fanIn, boolean residualEnd) {}

  // A dilated 1x1 convolution is a 1x1 convolution, but on a CPU libtorch hands it to oneDNN
  // whatever the batch and the number of threads; undilated ones below 16 images on one thread take
  // a path that costs about twice as much.
  private static final String HELPERS =
      """
        def norm(self: __torch__.Ops, x: Tensor, P: List[Tensor], i: int) -> Tensor:
          return torch.group_norm(x, GROUPS, P[i], P[i + 1], EPSILON)
        def conv(self: __torch__.Ops, x: Tensor, P: List[Tensor], i: int) -> Tensor:
          return torch.conv2d(x, P[i], P[i + 1], [1, 1], [1, 1])
        def point(self: __torch__.Ops, x: Tensor, P: List[Tensor], i: int) -> Tensor:
          return torch.conv2d(x, P[i], P[i + 1], [1, 1], [0, 0], [2, 2])
        def drop(self: __torch__.Ops, x: Tensor, seeds: List[int], layer: int, dev: str) -> Tensor:
          if torch.eq(torch.len(seeds), 0):
            return x
          n = torch.size(x, 0)
          masks = annotate(List[Tensor], [])
          for row in range(n):
            g = torch.Generator(device=torch.device(dev), seed=seeds[layer * n + row])
            masks.append(torch.bernoulli(torch.empty_like(torch.select(x, 0, row)), 1.0 - DROPOUT, generator=g))
          return x * (torch.stack(masks) / (1.0 - DROPOUT))
      """;

  private final List<Slot> slots = new ArrayList<>();
  private final StringBuilder body = new StringBuilder();

  /**
   * The methods {@code norm}, {@code conv} (3x3), {@code point} (1x1) and {@code drop} that both
   * networks call.
   *
   * @param groups groups of the group normalisation
   * @param epsilon its epsilon, as TorchScript writes it
   * @param dropout probability, 0 to 1
   */
  static String helpers(int groups, String epsilon, double dropout) {
    return HELPERS
        .replace("GROUPS", Integer.toString(groups))
        .replace("EPSILON", epsilon)
        .replace("DROPOUT", String.format(Locale.ROOT, "%.17g", dropout));
  }

  /** The parameters so far, in the order of {@code P}. */
  List<Slot> slots() {
    return Collections.unmodifiableList(slots);
  }

  /** Index in {@code P} of the next parameter. */
  int next() {
    return slots.size();
  }

  /** The lines so far. */
  String body() {
    return body.toString();
  }

  /** Number of characters written so far. */
  int length() {
    return body.length();
  }

  /** Adds a line. */
  void line(String format, Object... args) {
    body.append(String.format(Locale.ROOT, format, args)).append('\n');
  }

  /** Declares a convolution with a square kernel. */
  void conv(String name, int in, int out, int kernel, boolean end) {
    add(name, new Shape(out, in, kernel, kernel), (long) in * kernel * kernel, end);
  }

  /** Declares a convolution over positions in one dimension, kernel 1. */
  void projection(String name, int in, int out, boolean end) {
    add(name, new Shape(out, in, 1), in, end);
  }

  /** Declares a linear layer. */
  void linear(String name, int in, int out) {
    add(name, new Shape(out, in), in, false);
  }

  /** Declares an embedding, which has no bias. */
  void embedding(String name, int rows, int width) {
    slots.add(new Slot(name + ".weight", new Shape(rows, width), Start.NORMAL, 1, false));
  }

  /** Declares a group normalisation. */
  void norm(String name, int channels) {
    slots.add(new Slot(name + ".weight", new Shape(channels), Start.ONE, channels, false));
    slots.add(new Slot(name + ".bias", new Shape(channels), Start.ZERO, channels, false));
  }

  private void add(String name, Shape shape, long fan, boolean end) {
    slots.add(new Slot(name + ".weight", shape, Start.UNIFORM, fan, end));
    slots.add(new Slot(name + ".bias", new Shape(shape.get(0)), Start.UNIFORM, fan, end));
  }
}
