package dev.fewstep.worker.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.tensor.TorchEngine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DenoisingPathTest {
  private static final Shape IMAGE = new Shape(1, 2, 2);
  private static final NoiseSchedule SCHEDULE = NoiseSchedule.linear(1000, 1e-4, 0.02);

  /** Knows the clean image, 0.5 everywhere, and predicts accordingly. */
  private record Oracle(PredictionType prediction) implements Denoiser {
    @Override
    public NDArray predict(NDArray x, NDArray t) {
      double a = SCHEDULE.alphaBar((int) t.toFloatArray()[0]);
      try (NDArray noise = x.sub(0.5 * Math.sqrt(a)).mul(1 / Math.sqrt(1 - a))) {
        return switch (prediction) {
          case EPSILON -> noise.duplicate();
          case X0 -> x.mul(0).add(0.5);
          case V -> noise.mul(Math.sqrt(a)).sub(0.5 * Math.sqrt(1 - a));
        };
      }
    }

    @Override
    public NDArray predict(NDArray x, NDArray t, DropoutSeeds dropout) {
      return predict(x, t);
    }

    @Override
    public Shape imageShape() {
      return IMAGE;
    }

    @Override
    public Map<String, NDArray> parameters() {
      return Map.of();
    }

    @Override
    public Denoiser replica(NDManager owner) {
      return this;
    }
  }

  @ParameterizedTest
  @EnumSource(PredictionType.class)
  void everyPredictedImageIsTheOneThatTheNetworkKnows(PredictionType prediction) {
    Oracle oracle = new Oracle(prediction);
    DdimSampler sampler = new DdimSampler(oracle, SCHEDULE, Timesteps.uniform(5, 1000), 0.7);
    List<Integer> visited = new ArrayList<>();
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      ImageNoise noise = new ImageNoise(IMAGE, 11);
      NDArray start = noise.start(manager, 4, 9);
      List<float[]> last = new ArrayList<>();
      DenoisingPath.walk(
          sampler,
          oracle,
          SCHEDULE,
          start,
          (shape, update) -> noise.update(manager, update, 4, 9),
          (update, step, x, clean) -> {
            visited.add(step.t());
            for (float value : clean.toFloatArray()) {
              // At t = 800 the image is divided by sqrt(alphaBar) = 0.039.
              assertThat(value).isCloseTo(0.5f, within(1e-4f));
            }
            last.add(x.toFloatArray());
          });
      assertThat(visited).containsExactly(800, 600, 400, 200, 0);
      assertThat(last.get(4)).hasSize(8);
      float[] whole =
          sampler
              .sample(start, (shape, update) -> noise.update(manager, update, 4, 9))
              .toFloatArray();
      assertThat(last.get(4)).isEqualTo(whole);
    }
  }

  @Test
  void singleImagesHaveTheNoiseThatARunOfThemHas() {
    Oracle oracle = new Oracle(PredictionType.EPSILON);
    DdimSampler sampler = new DdimSampler(oracle, SCHEDULE, Timesteps.uniform(3, 1000), 1);
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      float[] run = sampler.images(manager, 3, 10, 4).toFloatArray();
      ImageNoise noise = new ImageNoise(IMAGE, 3);
      float[] picked =
          sampler
              .sample(
                  noise.start(manager, 12, 10),
                  (shape, update) -> noise.update(manager, update, 12, 10))
              .add(1f)
              .mul(0.5f)
              .clip(0f, 1f)
              .toFloatArray();
      for (int i = 0; i < 4; i++) {
        assertThat(picked[i]).isEqualTo(run[8 + i]);
        assertThat(picked[4 + i]).isEqualTo(run[i]);
      }
    }
  }
}
