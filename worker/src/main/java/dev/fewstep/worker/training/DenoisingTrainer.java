package dev.fewstep.worker.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.diffusion.Denoiser;
import dev.fewstep.worker.diffusion.DropoutSeeds;
import dev.fewstep.worker.diffusion.NoiseSchedule;
import dev.fewstep.worker.diffusion.PredictionType;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.StreamSeed;
import dev.fewstep.worker.tensor.Tensors;
import java.util.List;
import java.util.Random;

/**
 * DDPM training (Ho et al. 2020, algorithm 1): at uniform t, the network learns its target from
 * sqrt(a) x0 + sqrt(1-a) e by mean squared error. Images are scaled to [-1, 1].
 */
public final class DenoisingTrainer extends OptimisedTraining {
  private final NoiseSchedule schedule;
  private final RealImages images;
  private final DenoisingSettings settings;
  private final PredictionType prediction;

  /**
   * Prepares a training from the network's present parameters.
   *
   * @param denoiser the network, changed by training
   * @param schedule the noise schedule
   * @param dataset the images
   * @param settings how it is trained
   * @param shards threads that share a step, at least 1
   * @param parent owner of the training's memory
   */
  public DenoisingTrainer(
      Denoiser denoiser,
      NoiseSchedule schedule,
      ImageDataset dataset,
      DenoisingSettings settings,
      int shards,
      NDManager parent) {
    super(
        denoiser,
        settings.iterations(),
        settings.optimisation(),
        Math.min(shards, settings.batch()),
        parent);
    this.schedule = schedule;
    this.settings = settings;
    prediction = denoiser.prediction();
    int n = settings.batch();
    images =
        new RealImages(
            dataset, false, settings.seed(), step -> new Epochs.MiniBatch(step * n, n, step));
  }

  @Override
  public StepReport step() {
    long step = iteration();
    try (NDManager scope = owner().newSubManager()) {
      Stopwatch watch = new Stopwatch();
      Batch batch = Autograd.off(() -> draw(scope, step));
      watch.lap(Stopwatch.Part.DATA);
      shards().zeroGradients();
      List<Double> losses = shards().run((shard, replica) -> learn(shard, replica, batch, step));
      watch.lap(Stopwatch.Part.BACKWARD);
      double loss = losses.stream().mapToDouble(Double::doubleValue).sum();
      Optimisation.Update update = optimisation().update(loss, shards().gradients(scope));
      watch.lap(Stopwatch.Part.OPTIMISER);
      return new StepReport(
          iteration(),
          loss,
          update.gradientNorm(),
          update.learningRate(),
          settings.batch(),
          watch.seconds());
    }
  }

  private record Batch(NDArray noisy, NDArray times, NDArray target) {}

  private Batch draw(NDManager scope, long step) {
    int n = settings.batch();
    Random random = new Random(StreamSeed.of(settings.seed(), "denoising", step));
    float[] times = new float[n];
    float[] signal = new float[n];
    float[] noiseLevel = new float[n];
    float[] targetNoise = new float[n];
    float[] targetImage = new float[n];
    float[] mirror = new float[n];
    for (int i = 0; i < n; i++) {
      int t = random.nextInt(schedule.steps());
      double a = schedule.alphaBar(t);
      times[i] = t;
      signal[i] = (float) Math.sqrt(a);
      noiseLevel[i] = (float) Math.sqrt(1 - a);
      targetNoise[i] = (float) prediction.targetNoise(a);
      targetImage[i] = (float) prediction.targetImage(a);
      mirror[i] = random.nextBoolean() ? 1 : 0;
    }
    NDArray x0 = Tensors.sub(Tensors.mul(images.batch(scope, step), 2f), 1f);
    if (settings.flip()) {
      x0 = RealImages.mirror(x0, mirror);
    }
    NDArray e = AtenOps.noise(scope, x0.getShape(), StreamSeed.of(settings.seed(), "noise", step));
    NDArray noisy = x0.mul(column(scope, signal)).add(e.mul(column(scope, noiseLevel)));
    NDArray target = e.mul(column(scope, targetNoise)).add(x0.mul(column(scope, targetImage)));
    return new Batch(noisy, Tensors.of(scope, times), target);
  }

  private static NDArray column(NDManager scope, float[] values) {
    return Tensors.of(scope, values, new Shape(values.length, 1, 1, 1));
  }

  private double learn(int shard, Denoiser replica, Batch batch, long step) {
    int from = shard * settings.batch() / shards().count();
    int to = (shard + 1) * settings.batch() / shards().count();
    NDIndex rows = new NDIndex(from + ":" + to);
    DropoutSeeds dropout =
        (row, layer) -> StreamSeed.of(settings.seed(), "dropout", step, from + row, 0, layer);
    try (NDManager scope = owner().newSubManager()) {
      NDArray noisy = part(batch.noisy(), rows, scope);
      NDArray times = part(batch.times(), rows, scope);
      NDArray target = part(batch.target(), rows, scope);
      NDArray output = Autograd.recording(() -> replica.predict(noisy, times, dropout));
      return Autograd.off(
          () -> {
            NDArray error = output.sub(target);
            double size = batch.target().size();
            double loss = error.square().sum().getFloat() / size;
            Autograd.backward(output, Tensors.muli(error, 2 / size));
            return loss;
          });
    }
  }

  private static NDArray part(NDArray array, NDIndex rows, NDManager scope) {
    NDArray part = array.get(scope, rows);
    part.attach(scope);
    return part;
  }

  @Override
  public void close() {
    images.close();
    super.close();
  }
}
