package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class SeedIntervalTest {
  @Test
  void isStudentsInterval() {
    // Mean 2, standard deviation 1, three values: 4.302653 / sqrt 3.
    assertThat(SeedInterval.halfWidth(List.of(1.0, 2.0, 3.0)).orElseThrow())
        .isCloseTo(2.484138, within(1e-5));
    assertThat(SeedInterval.halfWidth(List.of(5.0, 5.0))).contains(0.0);
    assertThat(SeedInterval.halfWidth(List.of(1.0))).isEmpty();
  }

  @Test
  void quantilesGoOnWhereTheTableEnds() {
    assertThat(SeedInterval.quantile(30)).isCloseTo(2.042272, within(1e-6));
    assertThat(SeedInterval.quantile(31)).isCloseTo(2.039513, within(1e-4));
    assertThat(SeedInterval.quantile(100)).isCloseTo(1.983972, within(1e-4));
  }
}
