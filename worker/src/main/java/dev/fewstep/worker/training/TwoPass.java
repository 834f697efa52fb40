package dev.fewstep.worker.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.diffusion.DdimSampler;
import dev.fewstep.worker.diffusion.DropoutSeeds;
import dev.fewstep.worker.diffusion.Images;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.mmd.MmdLoss;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.StreamSeed;
import dev.fewstep.worker.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * The gradient of the MMD through the sampling chain, in two passes. The first samples without a
 * graph and keeps the chains' states; features of the whole batch then give dL/dfeature once. The
 * second replays each micro-batch backwards, one network evaluation at a time. So the loss is that
 * of the whole batch, however small the micro-batches are.
 */
final class TwoPass {
  private final MicroBatches micros;
  private final List<TrainedSpace> spaces;
  private final List<FeatureExtractor> extractors;
  private final Shape imageShape;
  private final long seed;
  private List<MmdLoss> losses = List.of();

  TwoPass(MicroBatches micros, List<TrainedSpace> spaces, Shape imageShape, long seed) {
    this.micros = micros;
    this.spaces = List.copyOf(spaces);
    extractors = this.spaces.stream().map(TrainedSpace::extractor).toList();
    this.imageShape = imageShape;
    this.seed = seed;
  }

  /** Whether a kernel still has to look at the real features of the first batch. */
  boolean undecided() {
    return losses.isEmpty()
        && spaces.stream().anyMatch(space -> space.loss().kernel().takesFromData());
  }

  /** Lets the kernels take what they need from real images. */
  void decide(NDManager parent, NDArray real) {
    try (NDManager scope = parent.newSubManager()) {
      decide(realFeatures(scope, real));
    }
  }

  private void decide(List<NDArray> real) {
    List<MmdLoss> decided = new ArrayList<>();
    for (int i = 0; i < spaces.size(); i++) {
      decided.add(spaces.get(i).loss().decided(real.get(i)));
    }
    losses = List.copyOf(decided);
  }

  /** Starting noise of a batch, one stream for each image. */
  NDArray noise(NDManager scope, String purpose, long draw, int rows) {
    return AtenOps.noiseRows(scope, imageShape, StreamSeed.rows(seed, purpose, draw, 0, rows));
  }

  /**
   * Adds the gradient of {@code factor} times the loss to the parameters' gradients.
   *
   * @param scope owner of passing memory
   * @param real (n, C, H, W) in [0, 1]
   * @param noise x_T, (n, C, H, W)
   * @param draw number of the batch, which decides every random draw in it
   * @param factor of the loss
   * @return the loss, without the factor
   */
  double accumulate(
      NDManager scope, NDArray real, NDArray noise, long draw, double factor, Stopwatch watch) {
    int rows = (int) noise.getShape().get(0);
    List<Micro> made =
        micros.each(rows, (chain, from, to) -> sample(scope, chain, noise, draw, from, to));
    watch.lap(Stopwatch.Part.SAMPLE);
    List<NDArray> generated =
        features(scope, rows, (from, to) -> Images.of(made.get(micros.index(from)).sample()));
    List<NDArray> target = realFeatures(scope, real);
    if (losses.isEmpty()) {
      decide(target);
    }
    double loss = 0;
    List<NDArray> gradients = new ArrayList<>();
    for (int i = 0; i < spaces.size(); i++) {
      MmdLoss.Result result = losses.get(i).evaluate(generated.get(i), target.get(i));
      double weight = spaces.get(i).weight();
      loss += weight * result.value();
      if (weight * factor != 1) {
        Tensors.muli(result.gradient(), weight * factor);
      }
      gradients.add(result.gradient());
    }
    watch.lap(Stopwatch.Part.FEATURES);
    micros.each(
        rows,
        (chain, from, to) -> {
          replay(chain, made.get(micros.index(from)), gradients, draw, from, to);
          return from;
        });
    watch.lap(Stopwatch.Part.BACKWARD);
    return loss;
  }

  /** Whether the kernels have not taken what they need from real images yet. */
  boolean unseen() {
    return losses.isEmpty();
  }

  /** The loss of samples without dropout against features of real images; no gradient. */
  double validate(NDManager scope, List<NDArray> real, int rows) {
    return validate(scope, real, rows, seed);
  }

  /** The same with noise of a seed, whatever the training's. */
  double validate(NDManager scope, List<NDArray> real, int rows, long seed) {
    NDArray noise =
        AtenOps.noiseRows(scope, imageShape, StreamSeed.rows(seed, "validation", 0, 0, rows));
    List<Micro> made =
        micros.each(
            rows,
            (chain, from, to) -> {
              NDManager keep = scope.newSubManager();
              NDArray start = rows(noise, from, to, keep);
              return new Micro(
                  List.of(
                      chain
                          .labelled(seed, -1, from, to)
                          .sample(
                              start, fresh(seed, keep, "validation-step", 0, from, to - from))));
            });
    List<NDArray> generated =
        features(scope, rows, (from, to) -> Images.of(made.get(micros.index(from)).sample()));
    double loss = 0;
    for (int i = 0; i < spaces.size(); i++) {
      loss += spaces.get(i).weight() * losses.get(i).value(generated.get(i), real.get(i));
    }
    return loss;
  }

  /** Features of real images in every space. */
  List<NDArray> realFeatures(NDManager scope, NDArray real) {
    return features(scope, (int) real.getShape().get(0), (from, to) -> rows(real, from, to, scope));
  }

  /** The states of a micro-batch's chain. */
  private record Micro(List<NDArray> states) {
    NDArray sample() {
      return states.get(states.size() - 1);
    }
  }

  @FunctionalInterface
  private interface Rows {
    NDArray get(int from, int to);
  }

  private Micro sample(
      NDManager scope, ChainReplay chain, NDArray noise, long draw, int from, int to) {
    NDManager keep = scope.newSubManager();
    NDArray start = rows(noise, from, to, keep);
    return new Micro(
        chain
            .labelled(seed, draw, from, to)
            .forward(start, fresh(keep, "chain-step", draw, from, to - from), dropout(draw, from)));
  }

  private DdimSampler.StepNoise fresh(
      NDManager keep, String purpose, long draw, int from, int count) {
    return fresh(seed, keep, purpose, draw, from, count);
  }

  private DdimSampler.StepNoise fresh(
      long seed, NDManager keep, String purpose, long draw, int from, int count) {
    return (shape, index) -> {
      long[] seeds = new long[count];
      for (int row = 0; row < count; row++) {
        seeds[row] = StreamSeed.of(seed, purpose, draw, from + row, index);
      }
      return AtenOps.noiseRows(keep, imageShape, seeds);
    };
  }

  private IntFunction<DropoutSeeds> dropout(long draw, int from) {
    return index -> (row, layer) -> StreamSeed.of(seed, "dropout", draw, from + row, index, layer);
  }

  private void replay(
      ChainReplay chain, Micro micro, List<NDArray> gradients, long draw, int from, int to) {
    try (NDManager scope = micro.sample().getManager().newSubManager()) {
      List<NDArray> parts = gradients.stream().map(part -> rows(part, from, to, scope)).toList();
      NDArray gradient = ChainReplay.pullThroughFeatures(extractors, micro.sample(), parts);
      chain
          .labelled(seed, draw, from, to)
          .backward(micro.states(), gradient, dropout(draw, from))
          .close();
    }
  }

  /** Features in every space of all micro-batches, joined, without a graph. */
  private List<NDArray> features(NDManager scope, int rows, Rows images) {
    List<List<NDArray>> parts =
        micros.each(
            rows,
            (chain, from, to) ->
                Autograd.off(
                    () -> {
                      try (NDManager temporary = scope.newSubManager()) {
                        NDArray part = images.get(from, to);
                        part.attach(temporary);
                        List<NDArray> results = new ArrayList<>();
                        for (FeatureExtractor extractor : extractors) {
                          NDArray result = extractor.features(part);
                          result.attach(scope);
                          results.add(result);
                        }
                        return results;
                      }
                    }));
    List<NDArray> joined = new ArrayList<>();
    for (int i = 0; i < extractors.size(); i++) {
      int space = i;
      NDList column = new NDList();
      parts.forEach(part -> column.add(part.get(space)));
      NDArray whole = NDArrays.concat(column, 0);
      whole.attach(scope);
      joined.add(whole);
    }
    return joined;
  }

  private static NDArray rows(NDArray array, int from, int to, NDManager scope) {
    NDArray part = array.get(scope, new NDIndex(from + ":" + to));
    part.attach(scope);
    return part;
  }
}
