package dev.fewstep.worker.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DdimStepTest {
  private final NoiseSchedule schedule = NoiseSchedule.ddpm();

  @ParameterizedTest
  @CsvSource({
    "0, 0.9999",
    "200, 0.656347",
    "400, 0.193572",
    "600, 0.0255675",
    "800, 0.00150752",
    "900, 0.000270245",
    "999, 4.03583e-5"
  })
  void alphaBarIsThePublishedOne(int t, double expected) {
    assertThat((double) schedule.alphaBar(t)).isCloseTo(expected, Percentage.withPercentage(3e-4));
  }

  @Test
  void beforeTheFirstStepTheImageIsClean() {
    assertThat(schedule.alphaBar(-1)).isEqualTo(1f);
    assertThat(schedule.beta(0)).isEqualTo(1e-4f);
    assertThat(schedule.beta(999)).isEqualTo(0.02f);
  }

  @ParameterizedTest
  @CsvSource({
    "800, 600, 4.1182468, -3.1280080, 0.958312",
    "600, 400, 2.7515488, -1.8181325, 0.847513",
    "400, 200, 1.8413887, -1.0673724, 0.548145",
    "200, 0, 1.2342739, -0.7135551, 0.009999",
    "0, -1, 1.0000500, -0.0100005, 0"
  })
  void coefficientsAreThePublishedOnes(int t, int s, double a, double b, double c1) {
    DdimStep deterministic = DdimStep.of(schedule, t, s, 0, PredictionType.EPSILON);
    assertThat(deterministic.ofX()).isCloseTo(a, Percentage.withPercentage(1e-4));
    assertThat(deterministic.ofOutput()).isCloseTo(b, within(1e-6));
    assertThat(deterministic.ofNoise()).isZero();
    assertThat(DdimStep.of(schedule, t, s, 1, PredictionType.EPSILON).ofNoise())
        .isCloseTo(c1, within(2e-6));
  }

  @ParameterizedTest
  @CsvSource({"V", "X0", "EPSILON"})
  void everyPredictionOfTheTruthLeadsToTheSameState(PredictionType type) {
    double x0 = 0.3;
    double e = -1.2;
    double a = schedule.alphaBar(600);
    double x = Math.sqrt(a) * x0 + Math.sqrt(1 - a) * e;
    double output = type.targetNoise(a) * e + type.targetImage(a) * x0;
    DdimStep step = DdimStep.of(schedule, 600, 400, 0, type);
    double as = schedule.alphaBar(400);
    assertThat(step.ofX() * x + step.ofOutput() * output)
        .isCloseTo(Math.sqrt(as) * x0 + Math.sqrt(1 - as) * e, within(1e-12));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1", "2, 2", "3, 4", "4, 4", "5, 5", "6, 7", "7, 8", "8, 8", "10, 10", "15, 16", "20, 20",
    "25, 25"
  })
  void publishedSpacingReportsItsTrueNfe(int asked, int nfe) {
    Timesteps timesteps = Timesteps.published(asked, 1000);
    assertThat(timesteps.nfe()).isEqualTo(nfe);
    assertThat(timesteps.asked()).isEqualTo(asked);
    assertThat(timesteps.descending().get(nfe - 1)).isZero();
  }

  @Test
  void publishedFifteenStartsAt990() {
    assertThat(Timesteps.published(15, 1000).descending().get(0)).isEqualTo(990);
  }

  @Test
  void uniformAndQuadraticHaveExactlyTheAskedCount() {
    for (int count = 1; count <= 100; count++) {
      assertThat(Timesteps.uniform(count, 1000).nfe()).isEqualTo(count);
      assertThat(Timesteps.quadratic(count, 1000).nfe()).isEqualTo(count);
    }
    assertThat(Timesteps.uniform(3, 1000).descending()).containsExactly(666, 333, 0);
    assertThat(Timesteps.uniform(5, 1000).descending()).containsExactly(800, 600, 400, 200, 0);
    assertThat(Timesteps.quadratic(5, 1000).descending()).containsExactly(800, 450, 200, 50, 0);
  }

  @Test
  void refusesImpossibleCounts() {
    assertThatThrownBy(() -> Timesteps.uniform(0, 1000)).hasMessageContaining("[1, 1000]");
    assertThatThrownBy(() -> Timesteps.published(1001, 1000)).hasMessageContaining("1001");
    assertThatThrownBy(() -> new Timesteps(2, List.of(5, 5))).hasMessageContaining("strictly");
    assertThatThrownBy(() -> DdimStep.of(schedule, 5, 1, 1.5, PredictionType.V))
        .hasMessageContaining("eta");
  }
}
