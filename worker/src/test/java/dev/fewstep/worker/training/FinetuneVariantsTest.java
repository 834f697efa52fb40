package dev.fewstep.worker.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.diffusion.NoiseSchedule;
import dev.fewstep.worker.diffusion.PredictionType;
import dev.fewstep.worker.diffusion.Timesteps;
import dev.fewstep.worker.diffusion.UNet;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.mmd.Bandwidth;
import dev.fewstep.worker.mmd.Kernel;
import dev.fewstep.worker.mmd.MmdEstimator;
import dev.fewstep.worker.mmd.MmdLoss;
import dev.fewstep.worker.mmd.RbfKernel;
import dev.fewstep.worker.tensor.TorchEngine;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Several spaces, validation, extension and records, with dropout 0.1 and eta 1 throughout. */
class FinetuneVariantsTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    TorchEngine.setThreads(1);
    manager = TorchEngine.newManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private static FinetuneSettings settings(int iterations, int microBatch) {
    return new FinetuneSettings(
        iterations, 6, microBatch, new LearningRate(1e-4, 2, 0), 1, 0.5, true, 3);
  }

  private static FinetuneSettings recording(int iterations, int every) {
    return new FinetuneSettings(
        iterations,
        6,
        3,
        new LearningRate(1e-4, 2, 0),
        1,
        0,
        true,
        3,
        AdamSettings.TORCH,
        OptionalInt.empty(),
        every,
        Optional.empty());
  }

  /** Two spaces with weights, one with a median bandwidth. */
  private final class Run implements AutoCloseable {
    private final UNet net = Tiny.net(manager, 0.1, PredictionType.V);
    private final List<FeatureExtractor> extractors =
        List.of(
            Tiny.randomExtractor(manager.newSubManager(), 1),
            Tiny.randomExtractor(manager.newSubManager(), 2));
    private final MmdFinetuner finetuner;

    Run(FinetuneSettings settings, int shards) {
      this(settings, shards, 1, 0.5, Optional.of(Tiny.waves(9, 8)));
    }

    Run(
        FinetuneSettings settings,
        int shards,
        double first,
        double second,
        Optional<ImageDataset> heldOut) {
      Kernel median = new RbfKernel(Bandwidth.ofMedian(), List.of(0.5, 1.0, 2.0));
      List<TrainedSpace> spaces = new ArrayList<>();
      if (first > 0) {
        spaces.add(
            new TrainedSpace(
                extractors.get(0), new MmdLoss(Kernel.cubic(), MmdEstimator.UNBIASED), first));
      }
      if (second > 0) {
        spaces.add(
            new TrainedSpace(extractors.get(1), new MmdLoss(median, MmdEstimator.BIASED), second));
      }
      finetuner =
          new MmdFinetuner(
              net,
              new SamplingPlan(NoiseSchedule.ddpm(), Timesteps.uniform(2, 1000), 1),
              new MmdFinetuner.Objective(Tiny.waves(13, 8), spaces, heldOut),
              settings,
              shards,
              manager);
    }

    Map<String, NDArray> stored() {
      Map<String, NDArray> stored = new LinkedHashMap<>();
      finetuner.checkpoint().forEach((name, array) -> stored.put(name, array.duplicate()));
      return stored;
    }

    Map<String, float[]> moments() {
      Map<String, NDArray> moments = new LinkedHashMap<>(finetuner.checkpoint());
      moments.keySet().removeIf(name -> !name.startsWith("adam.m."));
      return Tiny.copy(moments);
    }

    void finish() {
      while (!finetuner.finished()) {
        finetuner.step();
      }
    }

    @Override
    public void close() {
      finetuner.close();
      extractors.forEach(FeatureExtractor::close);
      net.close();
    }
  }

  @Test
  void noResultDependsOnTheMicroBatch() {
    int[][] splits = {{6, 1}, {2, 1}, {5, 1}, {1, 3}};
    List<Double> losses = new ArrayList<>();
    List<Map<String, float[]>> moments = new ArrayList<>();
    List<Map<String, float[]>> weights = new ArrayList<>();
    for (int[] split : splits) {
      try (Run run = new Run(settings(3, split[0]), split[1])) {
        losses.add(run.finetuner.step().loss());
        moments.add(run.moments());
        run.finish();
        weights.add(Tiny.copy(run.finetuner.weights()));
      }
    }
    for (int i = 1; i < splits.length; i++) {
      assertThat(losses.get(i)).isCloseTo(losses.get(0), within(1e-6));
      // A gradient is a sum in single precision whose order the micro-batches decide.
      assertThat(Tiny.relative(moments.get(i), moments.get(0))).isLessThan(3e-6);
      assertThat(Tiny.relative(weights.get(i), weights.get(0))).isLessThan(1e-6);
    }
  }

  /** Value and gradient of a sum over spaces are the weighted sums of those of each alone. */
  @Test
  void aLossOfSeveralSpacesIsTheirWeightedSum() {
    FinetuneSettings loose =
        new FinetuneSettings(1, 6, 6, new LearningRate(1e-4, 0, 0), 1e9, 0, true, 3);
    List<Map<String, float[]>> gradients = new ArrayList<>();
    List<Double> losses = new ArrayList<>();
    double[][] weights = {{1, 0}, {0, 1}, {2, 0.5}};
    for (double[] weight : weights) {
      try (Run run = new Run(loose, 1, weight[0], weight[1], Optional.empty())) {
        losses.add(run.finetuner.step().loss());
        gradients.add(run.moments());
      }
    }
    assertThat(losses.get(2)).isCloseTo(2 * losses.get(0) + 0.5 * losses.get(1), within(1e-9));
    Map<String, float[]> sum = new LinkedHashMap<>();
    gradients
        .get(0)
        .forEach(
            (name, first) -> {
              float[] second = gradients.get(1).get(name);
              float[] both = new float[first.length];
              IntStream.range(0, both.length)
                  .forEach(i -> both[i] = 2 * first[i] + 0.5f * second[i]);
              sum.put(name, both);
            });
    assertThat(Tiny.relative(gradients.get(2), sum)).isLessThan(1e-5);
  }

  @Test
  void resumedAndExtendedTrainingsAreBitEqualToStraightOnes() {
    ValidationSettings watched = new ValidationSettings(2, 5, 0);
    try (Run whole = new Run(settings(5, 2).withValidation(watched), 2);
        Run shorter = new Run(settings(3, 2).withValidation(watched), 2);
        Run longer = new Run(settings(5, 2).withValidation(watched), 2)) {
      whole.finish();
      shorter.finish();
      // The shorter one is finished; its last state begins a longer one.
      longer.finetuner.restore(shorter.stored());
      assertThat(longer.finetuner.iteration()).isEqualTo(3);
      longer.finish();
      Map<String, float[]> expected = Tiny.copy(whole.finetuner.checkpoint());
      assertThat(expected.keySet()).anyMatch(name -> name.startsWith("best."));
      assertThat(Tiny.relative(Tiny.copy(longer.finetuner.checkpoint()), expected)).isZero();
      assertThat(longer.finetuner.best()).isEqualTo(whole.finetuner.best()).isPresent();
      assertThatThrownBy(() -> shorter.finetuner.restore(whole.stored()))
          .hasMessageContaining("after 5 iterations")
          .hasMessageContaining("has 3");
    }
  }

  @Test
  void keepsTheWeightsOfTheBestValidationAndStopsWhenNoneIsBetter() {
    FinetuneSettings hurting =
        new FinetuneSettings(40, 6, 3, new LearningRate(0.05, 0, 0), 1, 0, true, 3)
            .withValidation(new ValidationSettings(1, 8, 3));
    try (Run run = new Run(hurting, 2)) {
      List<Double> validated = new ArrayList<>();
      List<Map<String, float[]>> weights = new ArrayList<>();
      while (!run.finetuner.finished()) {
        StepReport report = run.finetuner.step();
        validated.add(report.validation().orElseThrow());
        weights.add(Tiny.copy(run.net.parameters()));
      }
      int best = 0;
      for (int i = 0; i < validated.size(); i++) {
        best = validated.get(i) < validated.get(best) ? i : best;
      }
      assertThat(run.finetuner.iteration()).isEqualTo(best + 1 + 3).isLessThan(40);
      assertThat(run.finetuner.best())
          .contains(new MmdFinetuner.Best(validated.get(best), best + 1));
      assertThat(Tiny.relative(Tiny.copy(run.finetuner.weights()), weights.get(best))).isZero();
      assertThat(Tiny.relative(weights.get(weights.size() - 1), weights.get(best))).isPositive();
    }
  }

  /** The averages are what is validated, and the parameters are as before afterwards. */
  @Test
  void validationOfAveragesLeavesTheTrainingAlone() {
    ValidationSettings watched = new ValidationSettings(1, 7, 0);
    try (Run plain = new Run(settings(3, 3), 2);
        Run observed = new Run(settings(3, 3).withValidation(watched), 2)) {
      for (int i = 0; i < 3; i++) {
        assertThat(plain.finetuner.step().validation()).isEmpty();
        assertThat(observed.finetuner.step().validation()).isPresent();
      }
      assertThat(
              Tiny.relative(
                  Tiny.copy(observed.net.parameters()), Tiny.copy(plain.net.parameters())))
          .isZero();
      Map<String, NDArray> state = observed.finetuner.checkpoint();
      int best = observed.finetuner.best().orElseThrow().iteration();
      if (best == 3) {
        state.forEach(
            (name, value) -> {
              if (name.startsWith("best.")) {
                assertThat(value.toFloatArray())
                    .isEqualTo(state.get("ema." + name.substring(5)).toFloatArray());
              }
            });
      }
      assertThat(plain.finetuner.best()).isEmpty();
    }
  }

  @Test
  void recordsHowMuchGradientReachesEachLayer() {
    try (Run run = new Run(recording(4, 2), 2)) {
      assertThat(run.finetuner.step().flow()).isEmpty();
      StepReport second = run.finetuner.step();
      GradientFlow flow = second.flow().orElseThrow();
      double squares =
          flow.layers().stream().mapToDouble(layer -> layer.norm() * layer.norm()).sum();
      assertThat(Math.sqrt(squares))
          .as("before clipping")
          .isCloseTo(second.gradientNorm(), within(1e-4 * second.gradientNorm()));
      assertThat(flow.layers())
          .extracting(GradientFlow.Layer::name)
          .contains("conv_in", "temb.dense.0", "down.0.block.0.conv1", "conv_out")
          .doesNotHaveDuplicates();
      assertThat(flow.layers())
          .allMatch(layer -> layer.mean() <= layer.max() && layer.max() <= layer.norm() * 1.001);
      assertThat(run.finetuner.step().flow()).isEmpty();
      assertThat(run.finetuner.step().flow()).isPresent();
    }
  }

  @Test
  void measuresALayerByWeightAndBiasTogether() {
    GradientFlow flow =
        GradientFlow.of(
            List.of("a.weight", "a.bias", "b.weight"),
            List.of(
                manager.create(new float[] {-3, 0}),
                manager.create(new float[] {4}),
                manager.create(new float[] {0.5f})),
            manager);
    assertThat(flow.layers())
        .containsExactly(
            new GradientFlow.Layer("a", 7 / 3.0, 4, 5), new GradientFlow.Layer("b", 0.5, 0.5, 0.5));
  }

  @Test
  void aSplitSharesNoImageAndDependsOnNoSeed() {
    ImageDataset whole = Tiny.waves(10, 8);
    Split split = Split.of(whole, 0.25);
    assertThat(split.heldOut().size()).isEqualTo(3);
    assertThat(split.train().size()).isEqualTo(7);
    List<String> seen = new ArrayList<>();
    for (ImageDataset part : List.of(split.train(), split.heldOut())) {
      for (int i = 0; i < part.size(); i++) {
        seen.add(new String(part.image(i), java.nio.charset.StandardCharsets.ISO_8859_1));
      }
    }
    List<String> all = new ArrayList<>();
    for (int i = 0; i < whole.size(); i++) {
      all.add(new String(whole.image(i), java.nio.charset.StandardCharsets.ISO_8859_1));
    }
    assertThat(seen).containsExactlyInAnyOrderElementsOf(all).doesNotHaveDuplicates();
    assertThat(Split.of(whole, 0.25).heldOut().image(1)).isEqualTo(split.heldOut().image(1));
    assertThat(Split.of(Tiny.waves(2, 8), 0.9).train().size()).isEqualTo(1);
    assertThatThrownBy(() -> Split.of(Tiny.waves(1, 8), 0.5)).hasMessageContaining("1 images");
  }

  /** A resumed training takes its median from the first batch, as an uninterrupted one did. */
  @Test
  void aBandwidthFromDataIsTheSameAfterAResumption() {
    try (Run whole = new Run(settings(3, 2), 1, 0, 1, Optional.empty());
        Run parts = new Run(settings(3, 2), 1, 0, 1, Optional.empty())) {
      whole.finetuner.step();
      Map<String, NDArray> stored = whole.stored();
      double expected = whole.finetuner.step().loss();
      parts.finetuner.restore(stored);
      assertThat(parts.finetuner.step().loss()).isEqualTo(expected);
    }
  }
}
