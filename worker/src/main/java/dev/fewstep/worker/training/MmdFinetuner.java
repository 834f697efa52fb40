package dev.fewstep.worker.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.diffusion.DdimSampler;
import dev.fewstep.worker.diffusion.Denoiser;
import dev.fewstep.worker.diffusion.DropoutSeeds;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.mmd.MmdLoss;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.StreamSeed;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;

/**
 * MMD finetuning (Aiello et al. 2023, MMD-DDM): the squared MMD between features of generated and
 * real images is lowered by gradient descent through the whole sampling chain.
 *
 * <p>Two passes per step. The first samples without a graph and keeps the chains' states; features
 * of all {@code mmdBatch} images then give dL/dfeature once. The second replays each micro-batch
 * backwards, one network evaluation at a time.
 */
public final class MmdFinetuner implements Training {
  private final ImageDataset dataset;
  private final FeatureExtractor extractor;
  private final MmdLoss loss;
  private final FinetuneSettings settings;
  private final Shape imageShape;
  private final NDManager owner;
  private final Shards shards;
  private final List<ChainReplay> chains = new ArrayList<>();
  private final DataOrder order;
  private final Optimisation optimisation;

  /**
   * What a finetune learns from: the real images, the features they are compared in, and the loss.
   */
  public record Objective(ImageDataset dataset, FeatureExtractor extractor, MmdLoss loss) {}

  /**
   * Prepares a finetune from the network's present parameters.
   *
   * @param denoiser the network, changed by training
   * @param plan the chain that is trained through
   * @param objective what it learns from
   * @param settings how it is trained
   * @param shards threads that share a step, at least 1; no more than there are micro-batches are
   *     used
   * @param parent owner of the training's memory
   */
  public MmdFinetuner(
      Denoiser denoiser,
      SamplingPlan plan,
      Objective objective,
      FinetuneSettings settings,
      int shards,
      NDManager parent) {
    dataset = objective.dataset();
    extractor = objective.extractor();
    loss = objective.loss();
    this.settings = settings;
    imageShape = denoiser.imageShape();
    Shape real =
        new Shape(dataset.shape().channels(), dataset.shape().height(), dataset.shape().width());
    if (!real.equals(imageShape)) {
      throw new IllegalArgumentException(
          "The dataset has images " + real + " but the denoiser makes " + imageShape);
    }
    owner = parent.newSubManager();
    this.shards = new Shards(denoiser, Math.min(shards, microBatches()), owner);
    for (Denoiser replica : this.shards.replicas()) {
      chains.add(new ChainReplay(replica, plan.sampler(replica)));
    }
    order = new DataOrder(settings.seed(), dataset.size());
    optimisation =
        new Optimisation(
            denoiser.parameters(),
            settings.learningRate(),
            settings.clipNorm(),
            settings.emaDecay(),
            false,
            owner);
  }

  @Override
  public StepReport step() {
    long step = optimisation.iteration();
    try (NDManager scope = owner.newSubManager()) {
      Stopwatch watch = new Stopwatch();
      NDArray real = Autograd.off(() -> realImages(scope, step));
      NDArray noise =
          AtenOps.noiseRows(
              scope,
              imageShape,
              StreamSeed.rows(settings.seed(), "chain", step, 0, settings.mmdBatch()));
      return step(scope, real, noise, watch);
    }
  }

  /** A step with given real images and starting noise, for tests against published numbers. */
  StepReport step(NDManager scope, NDArray real, NDArray noise, Stopwatch watch) {
    final double data = watch.lap();
    List<Micro> micros = eachMicro((chain, from, to) -> sample(scope, chain, noise, from, to));
    final double sampled = watch.lap();
    NDArray generated = features(scope, i -> ChainReplay.toImages(micros.get(i).sample()));
    NDArray target =
        features(
            scope,
            i -> {
              int from = i * settings.microBatch();
              int to = Math.min(from + settings.microBatch(), settings.mmdBatch());
              return rows(real, from, to, scope);
            });
    MmdLoss.Result result = loss.evaluate(generated, target);
    final double featured = watch.lap();
    shards.zeroGradients();
    eachMicro(
        (chain, from, to) -> {
          replay(chain, micros.get(from / settings.microBatch()), result.gradient(), from, to);
          return from;
        });
    final double replayed = watch.lap();
    Optimisation.Update update = optimisation.update(result.value(), shards.gradients(scope));
    return new StepReport(
        optimisation.iteration(),
        result.value(),
        update.gradientNorm(),
        update.learningRate(),
        settings.mmdBatch(),
        new StepReport.Seconds(data, sampled, featured, replayed, watch.lap()));
  }

  private NDArray realImages(NDManager scope, long step) {
    int n = settings.mmdBatch();
    NDArray images =
        dataset.batch(scope, order.indices(step * n, n)).toDevice(scope.getDevice(), false);
    if (!settings.flip()) {
      return images;
    }
    Random random = new Random(StreamSeed.of(settings.seed(), "flip", step));
    float[] mirror = new float[n];
    for (int i = 0; i < n; i++) {
      mirror[i] = random.nextBoolean() ? 1 : 0;
    }
    NDArray chosen = scope.create(mirror, new Shape(n, 1, 1, 1));
    return images.add(images.flip(3).sub(images).mul(chosen));
  }

  /** The states of a micro-batch's chain. */
  private record Micro(List<NDArray> states) {
    NDArray sample() {
      return states.get(states.size() - 1);
    }
  }

  @FunctionalInterface
  private interface MicroWork<T> {
    T run(ChainReplay chain, int from, int to);
  }

  private int microBatches() {
    return (settings.mmdBatch() + settings.microBatch() - 1) / settings.microBatch();
  }

  /** Runs work on every micro-batch; shard s takes the s-th, the (s+count)-th and so on. */
  private <T> List<T> eachMicro(MicroWork<T> work) {
    int micros = microBatches();
    List<List<T>> byShard =
        shards.run(
            (shard, replica) -> {
              List<T> results = new ArrayList<>();
              for (int i = shard; i < micros; i += shards.count()) {
                int from = i * settings.microBatch();
                int to = Math.min(from + settings.microBatch(), settings.mmdBatch());
                results.add(work.run(chains.get(shard), from, to));
              }
              return results;
            });
    List<T> results = new ArrayList<>();
    for (int i = 0; i < micros; i++) {
      results.add(byShard.get(i % shards.count()).get(i / shards.count()));
    }
    return results;
  }

  private Micro sample(NDManager scope, ChainReplay chain, NDArray noise, int from, int to) {
    NDManager keep = scope.newSubManager();
    NDArray start = rows(noise, from, to, keep);
    long step = optimisation.iteration();
    DdimSampler.StepNoise fresh =
        (shape, index) -> {
          long[] seeds = new long[to - from];
          for (int row = 0; row < seeds.length; row++) {
            seeds[row] = StreamSeed.of(settings.seed(), "chain-step", step, from + row, index);
          }
          return AtenOps.noiseRows(keep, imageShape, seeds);
        };
    return new Micro(chain.forward(start, fresh, dropout(from)));
  }

  private IntFunction<DropoutSeeds> dropout(int from) {
    long step = optimisation.iteration();
    return index ->
        (row, layer) -> StreamSeed.of(settings.seed(), "dropout", step, from + row, index, layer);
  }

  private void replay(ChainReplay chain, Micro micro, NDArray featureGradients, int from, int to) {
    try (NDManager scope = micro.sample().getManager().newSubManager()) {
      NDArray featureGradient = rows(featureGradients, from, to, scope);
      NDArray gradient =
          ChainReplay.pullThroughFeatures(extractor, micro.sample(), featureGradient);
      chain.backward(micro.states(), gradient, dropout(from)).close();
    }
  }

  /** Features of all micro-batches, joined, without a graph. */
  private NDArray features(NDManager scope, IntFunction<NDArray> images) {
    List<NDArray> features =
        eachMicro(
            (chain, from, to) ->
                Autograd.off(
                    () -> {
                      try (NDManager temporary = scope.newSubManager()) {
                        NDArray part = images.apply(from / settings.microBatch());
                        part.attach(temporary);
                        NDArray result = extractor.features(part);
                        result.attach(scope);
                        return result;
                      }
                    }));
    NDArray joined = NDArrays.concat(new NDList(features), 0);
    joined.attach(scope);
    return joined;
  }

  private static NDArray rows(NDArray array, int from, int to, NDManager scope) {
    NDArray part = array.get(scope, new NDIndex(from + ":" + to));
    part.attach(scope);
    return part;
  }

  @Override
  public int iteration() {
    return optimisation.iteration();
  }

  @Override
  public int iterations() {
    return settings.iterations();
  }

  @Override
  public Map<String, NDArray> checkpoint() {
    return optimisation.checkpoint();
  }

  @Override
  public void restore(Map<String, NDArray> checkpoint) {
    optimisation.restore(checkpoint);
  }

  @Override
  public Map<String, NDArray> weights() {
    return optimisation.weights();
  }

  @Override
  public void close() {
    shards.close();
    owner.close();
  }
}
