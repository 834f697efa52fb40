package dev.fewstep.worker.features;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.evaluation.FeatureStatistics;
import dev.fewstep.worker.evaluation.StatisticsAccumulator;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.StreamSeed;
import dev.fewstep.worker.tensor.Tensors;
import dev.fewstep.worker.training.Adam;
import dev.fewstep.worker.training.LearningRate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a small network as a classifier and keeps it as a feature extractor. Everything random
 * comes from counters: the same specification, images and number of threads give the same file,
 * byte for byte, on the same kind of processor.
 */
public final class ExtractorTraining {
  private static final Logger LOG = LoggerFactory.getLogger(ExtractorTraining.class);
  private static final int EVALUATION_BATCH = 250;
  private static final int REPORT_EVERY = 50;

  /** A standard deviation below this share of its layer's median counts as this share. */
  private static final double DEVIATION_FLOOR = 0.1;

  /**
   * What came of it.
   *
   * @param accuracy share of the test images classified rightly, 0 to 1
   * @param finalLoss mean training loss of the last 50 steps or fewer
   * @param parameters number of trained values
   */
  public record Result(double accuracy, double finalLoss, long parameters) {}

  private final ExtractorSpec spec;
  private final ImageDataset train;
  private final ImageDataset test;
  private final int[] trainLabels;
  private final int[] testLabels;

  /**
   * Prepares a training; nothing runs yet.
   *
   * @param train labelled images of the network's shape
   * @param test labelled images of the network's shape
   * @throws IllegalArgumentException when labels are missing, too large, or a shape differs
   */
  public ExtractorTraining(ExtractorSpec spec, ImageDataset train, ImageDataset test) {
    this.spec = spec;
    this.train = train;
    this.test = test;
    this.trainLabels = labels("training", train);
    this.testLabels = labels("test", test);
  }

  private int[] labels(String what, ImageDataset images) {
    ExtractorConfig network = spec.network();
    require(
        images.shape().equals(network.image()),
        "the %s images are %s, the network takes %s",
        what,
        images.shape(),
        network.image());
    int[] labels =
        images
            .labels()
            .orElseThrow(
                () -> new IllegalArgumentException("the " + what + " images have no labels"));
    int largest = Arrays.stream(labels).max().orElseThrow();
    require(
        largest < network.classes(),
        "the %s images have the label %s, the network only %s classes",
        what,
        largest,
        network.classes());
    return labels;
  }

  /**
   * Trains, measures and saves.
   *
   * @param manager on whose device it runs
   * @param target the {@code .safetensors} to write
   */
  public Result run(NDManager manager, Path target) throws IOException {
    try (NDManager owner = manager.newSubManager()) {
      SmallConvNet network =
          Autograd.off(() -> SmallConvNet.fresh(spec.network(), owner, spec.training().seed()));
      double loss = fit(owner, network);
      double accuracy = Autograd.off(() -> accuracy(owner, network));
      Map<String, NDArray> statistics = Autograd.off(() -> statistics(owner, network));
      SmallConvNetExtractor.save(target, network, statistics);
      long parameters =
          trained(network).values().stream().mapToLong(array -> array.getShape().size()).sum();
      LOG.info("{}: test accuracy {}", spec.network().name(), accuracy);
      return new Result(accuracy, loss, parameters);
    }
  }

  private static Map<String, NDArray> trained(SmallConvNet network) {
    Map<String, NDArray> trained = new LinkedHashMap<>(network.parameters());
    trained.keySet().removeIf(name -> name.contains("running_"));
    return trained;
  }

  private double fit(NDManager owner, SmallConvNet network) {
    ExtractorSpec.Schedule schedule = spec.training();
    Map<String, NDArray> parameters = trained(network);
    parameters.values().forEach(array -> array.setRequiresGradient(true));
    Adam adam = new Adam(parameters, owner);
    LearningRate rate =
        new LearningRate(schedule.learningRate(), schedule.warmup(), schedule.steps());
    double recent = 0;
    for (int step = 0; step < schedule.steps(); step++) {
      double loss = step(owner, network, parameters, adam, rate.at(step), step);
      require(Double.isFinite(loss), "the loss of step %s is not finite", step);
      int counted = step % REPORT_EVERY;
      recent = (recent * counted + loss) / (counted + 1);
      if ((step + 1) % REPORT_EVERY == 0) {
        LOG.info("{}: step {}, loss {}", spec.network().name(), step + 1, recent);
      }
    }
    parameters.values().forEach(array -> array.setRequiresGradient(false));
    return recent;
  }

  private double step(
      NDManager owner,
      SmallConvNet network,
      Map<String, NDArray> parameters,
      Adam adam,
      double rate,
      int step) {
    try (NDManager scope = owner.newSubManager()) {
      ExtractorSpec.Schedule schedule = spec.training();
      int[] indices = indices(step);
      NDArray images = augmented(scope, indices, step);
      NDArray targets = targets(scope, indices, schedule.smoothing());
      NDArray loss =
          Autograd.recording(
              () -> {
                NDArray logits = network.logits(network.run(images, true).penultimate());
                NDArray log = JniUtils.logSoftmax((PtNDArray) logits, 1, DataType.FLOAT32);
                NDArray value = Tensors.div(log.mul(targets).sum().neg(), indices.length);
                Autograd.backward(value);
                return value;
              });
      List<NDArray> gradients =
          parameters.values().stream()
              .map(
                  array -> {
                    NDArray gradient = array.getGradient();
                    gradient.attach(scope);
                    return gradient;
                  })
              .toList();
      Autograd.silently(() -> adam.update(gradients, rate));
      parameters.values().forEach(Autograd::zeroGradient);
      return loss.getFloat();
    }
  }

  /** Indices of a step: consecutive parts of a shuffle of each epoch. */
  private int[] indices(int step) {
    int batch = spec.training().batch();
    int[] indices = new int[batch];
    for (int i = 0; i < batch; i++) {
      long place = (long) step * batch + i;
      indices[i] = order(place / train.size())[(int) (place % train.size())];
    }
    return indices;
  }

  private long epochOfOrder = -1;
  private int[] order = new int[0];

  private int[] order(long epoch) {
    if (epoch != epochOfOrder) {
      SplittableRandom random =
          new SplittableRandom(StreamSeed.of(spec.training().seed(), "extractor-order", epoch));
      int[] shuffled = new int[train.size()];
      for (int i = 0; i < shuffled.length; i++) {
        int j = random.nextInt(i + 1);
        shuffled[i] = shuffled[j];
        shuffled[j] = i;
      }
      order = shuffled;
      epochOfOrder = epoch;
    }
    return order;
  }

  private NDArray augmented(NDManager scope, int[] indices, int step) {
    ImageShape shape = train.shape();
    float[] values;
    try (NDArray images = train.batch(scope, indices)) {
      values = images.toFloatArray();
    }
    ExtractorSpec.Schedule schedule = spec.training();
    new Augmentation(schedule.seed(), schedule.shift(), schedule.flip()).apply(values, shape, step);
    return Tensors.of(
        scope, values, new Shape(indices.length, shape.channels(), shape.height(), shape.width()));
  }

  private NDArray targets(NDManager scope, int[] indices, double smoothing) {
    int classes = spec.network().classes();
    float[] targets = new float[indices.length * classes];
    Arrays.fill(targets, (float) (smoothing / classes));
    for (int i = 0; i < indices.length; i++) {
      targets[i * classes + trainLabels[indices[i]]] += (float) (1 - smoothing);
    }
    return Tensors.of(scope, targets, new Shape(indices.length, classes));
  }

  private double accuracy(NDManager owner, SmallConvNet network) {
    int right = 0;
    for (int from = 0; from < test.size(); from += EVALUATION_BATCH) {
      try (NDManager scope = owner.newSubManager()) {
        int[] indices = range(from, Math.min(test.size(), from + EVALUATION_BATCH));
        NDArray images = test.batch(scope, indices);
        long[] best =
            network.logits(network.run(images, false).penultimate()).argMax(1).toLongArray();
        for (int i = 0; i < best.length; i++) {
          right += best[i] == testLabels[indices[i]] ? 1 : 0;
        }
      }
    }
    return (double) right / test.size();
  }

  private static int[] range(int from, int to) {
    int[] indices = new int[to - from];
    Arrays.setAll(indices, i -> from + i);
    return indices;
  }

  /** Mean and standard deviation of every feature on all training images, by standardised mode. */
  Map<String, NDArray> statistics(NDManager owner, SmallConvNet network) {
    FeatureMode widest = FeatureMode.MULTI_STD;
    try (StatisticsAccumulator accumulator =
        new StatisticsAccumulator(owner, widest.dimensions(network.config()))) {
      for (int from = 0; from < train.size(); from += EVALUATION_BATCH) {
        try (NDManager scope = owner.newSubManager()) {
          int[] indices = range(from, Math.min(train.size(), from + EVALUATION_BATCH));
          accumulator.add(network.raw(train.batch(scope, indices), widest));
        }
      }
      return byMode(owner, network.config(), accumulator.finish());
    }
  }

  private static Map<String, NDArray> byMode(
      NDManager owner, ExtractorConfig config, FeatureStatistics all) {
    try (NDManager scope = owner.newSubManager()) {
      int d = all.dimensions();
      double[] mean = all.mean(scope).toDoubleArray();
      double[] covariance = all.covariance(scope).toDoubleArray();
      double[] deviation = new double[d];
      Arrays.setAll(deviation, i -> Math.sqrt(covariance[i * d + i]));
      Map<String, NDArray> statistics = new LinkedHashMap<>();
      double[] floored = floored(config, deviation);
      for (FeatureMode mode : List.of(FeatureMode.MULTI, FeatureMode.MULTI_STD)) {
        int[] columns = columns(config, mode);
        float[] means = new float[columns.length];
        float[] deviations = new float[columns.length];
        int raised = 0;
        for (int i = 0; i < columns.length; i++) {
          means[i] = (float) mean[columns[i]];
          deviations[i] = (float) floored[columns[i]];
          raised += floored[columns[i]] > deviation[columns[i]] ? 1 : 0;
        }
        LOG.info(
            "{}/{}: {} features, {} at the floor",
            config.name(),
            mode.text(),
            columns.length,
            raised);
        statistics.put(mode.text() + ".mean", Tensors.of(owner, means));
        statistics.put(mode.text() + ".std", Tensors.of(owner, deviations));
      }
      return statistics;
    }
  }

  /**
   * Deviations with a floor for units that hardly move on real images: they must not dominate once
   * they move on generated ones. The floor is the layer's own, since layers differ in scale.
   */
  private static double[] floored(ExtractorConfig config, double[] deviation) {
    double[] floored = deviation.clone();
    int at = 0;
    for (ExtractorConfig.Block block : config.blocks()) {
      raise(floored, at, at + block.channels());
      raise(floored, at + block.channels(), at + 2 * block.channels());
      at += 2 * block.channels();
    }
    raise(floored, at, floored.length);
    return floored;
  }

  private static void raise(double[] deviation, int from, int to) {
    double[] sorted = Arrays.copyOfRange(deviation, from, to);
    Arrays.sort(sorted);
    double median = sorted[sorted.length / 2];
    // Where more than half of a layer's units never move there is no scale to go by.
    double floor = median > 0 ? DEVIATION_FLOOR * median : 1;
    for (int i = from; i < to; i++) {
      deviation[i] = Math.max(floor, deviation[i]);
    }
  }

  /** Columns of a mode within {@link FeatureMode#MULTI_STD}: block means, block deviations, … */
  private static int[] columns(ExtractorConfig config, FeatureMode mode) {
    int[] columns = new int[mode.dimensions(config)];
    int next = 0;
    int at = 0;
    for (ExtractorConfig.Block block : config.blocks()) {
      int kept = mode == FeatureMode.MULTI ? block.channels() : 2 * block.channels();
      for (int i = 0; i < kept; i++) {
        columns[next++] = at + i;
      }
      at += 2 * block.channels();
    }
    while (next < columns.length) {
      columns[next++] = at++;
    }
    return columns;
  }
}
