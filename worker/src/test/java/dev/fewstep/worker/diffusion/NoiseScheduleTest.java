package dev.fewstep.worker.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Numbers of ermongroup/ddim's {@code get_beta_schedule} and improved-diffusion's {@code
 * get_named_beta_schedule} and {@code space_timesteps}, run in Python. Betas and alphaBars are at t
 * = 0, 1, T/3, T/2, T-2, T-1.
 */
class NoiseScheduleTest {
  @ParameterizedTest
  @CsvSource({
    "linear, 1000, 9.999999747378752e-05 0.00011991991777904332 0.006733333226293325"
        + " 0.010059960186481476 0.01998008042573929 0.019999999552965164, 0.9998999834060669"
        + " 0.9997800588607788 0.3186247944831848 0.07779666036367416 4.1181938286172226e-05"
        + " 4.035829988424666e-05",
    "quad, 1000, 9.999999747378752e-05 0.00010264836600981653 0.002895205980166793"
        + " 0.005742071196436882 0.01996280811727047 0.019999999552965164, 0.9998999834060669"
        + " 0.9997973442077637 0.6743286848068237 0.3312746286392212 0.0007483801455236971"
        + " 0.0007334125693887472",
    "const, 1000, 0.019999999552965164 0.019999999552965164 0.019999999552965164"
        + " 0.019999999552965164 0.019999999552965164 0.019999999552965164, 0.9800000190734863"
        + " 0.9604000449180603 0.0011735784355551004 4.0203896787716076e-05 1.7173470423514914e-09"
        + " 1.683000072638663e-09",
    "jsd, 1000, 0.0010000000474974513 0.0010010009864345193 0.0014992504147812724"
        + " 0.0020000000949949026 0.5 1.0, 0.9990000128746033 0.9980000257492065"
        + " 0.6660001277923584 0.4989999830722809 0.0010000000474974513 0.0",
    "sigmoid, 1000, 0.00014920519606675953 0.00014979833213146776 0.0024721380323171616"
        + " 0.010079880245029926 0.019950201734900475 0.01995079405605793, 0.9998508095741272"
        + " 0.9997010231018066 0.7858878970146179 0.29888758063316345 4.048962364322506e-05"
        + " 3.9681821363046765e-05",
    "linear, 50, 9.999999747378752e-05 0.000506122421938926 0.006597958970814943"
        + " 0.010253061540424824 0.019593877717852592 0.019999999552965164, 0.9998999834060669"
        + " 0.9993939399719238 0.9445354342460632 0.8736623525619507 0.615256667137146"
        + " 0.6029515862464905",
    "quad, 37, 9.999999747378752e-05 0.00018633870058692992 0.002895205980166793"
        + " 0.005732106976211071 0.018980782479047775 0.019999999552965164, 0.9998999834060669"
        + " 0.999713659286499 0.9844502210617065 0.9583251476287842 0.7789835333824158"
        + " 0.7634038925170898",
    "sigmoid, 10, 0.00014920519606675953 0.000285387592157349 0.0024721380323171616"
        + " 0.013249051757156849 0.019814612343907356 0.01995079405605793, 0.9998508095741272"
        + " 0.9995654821395874 0.9963111877441406 0.9763757586479187 0.9220001697540283"
        + " 0.9036055207252502",
    "jsd, 10, 0.10000000149011612 0.1111111119389534 0.1428571492433548 0.20000000298023224 0.5"
        + " 1.0, 0.8999999761581421 0.800000011920929 0.6000000238418579 0.4000000059604645"
        + " 0.09999999403953552 0.0",
    "cosine, 4000, 9.865819265542086e-06 1.0169414963456802e-05 0.00045849013258703053"
        + " 0.0007889355765655637 0.7499999403953552 0.9990000128746033, 0.9999901056289673"
        + " 0.9999799728393555 0.7426565289497375 0.4934539794921875 1.5179804790932394e-07"
        + " 1.517980463550117e-10",
    "cosine, 1000, 4.128422369831242e-05 4.614175122696906e-05 0.0018335160566493869"
        + " 0.003155691549181938 0.7499994039535522 0.9990000128746033, 0.9999586939811707"
        + " 0.9999125599861145 0.7419747710227966 0.4922851622104645 2.4287669475597795e-06"
        + " 2.428766965323348e-09",
    "cosine, 10, 0.02790726348757744 0.07549363374710083 0.17718952894210815 0.3098834455013275"
        + " 0.7438293695449829 0.9990000128746033, 0.9720927476882935 0.8987058997154236"
        + " 0.6474782228469849 0.3408096432685852 0.024091724306344986 2.4091723389574327e-05",
  })
  void hasTheNumbersOfThePublicCode(String kind, int steps, String betas, String alphaBars) {
    NoiseSchedule schedule = of(kind, steps);
    int[] at = {0, 1, steps / 3, steps / 2, steps - 2, steps - 1};
    double[] beta = numbers(betas);
    double[] alphaBar = numbers(alphaBars);
    assertThat(schedule.steps()).isEqualTo(steps);
    for (int i = 0; i < at.length; i++) {
      // The last bit may differ: exp and cos are not numpy's.
      assertThat((double) schedule.beta(at[i])).isCloseTo(beta[i], within(beta[i] * 1.2e-7));
      assertThat((double) schedule.alphaBar(at[i]))
          .isCloseTo(alphaBar[i], within(alphaBar[i] * 1.2e-7 + Double.MIN_VALUE));
    }
    assertThat(schedule.alphaBar(-1)).isEqualTo(1f);
  }

  @Test
  void refusesToSampleWhereNothingIsLeft() {
    NoiseSchedule schedule = NoiseSchedule.jsd(10);
    assertThatThrownBy(() -> DdimStep.of(schedule, 9, 4, 0, PredictionType.EPSILON))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("timestep 9")
        .hasMessageContaining("0.0");
    assertThat(DdimStep.of(schedule, 8, 4, 0, PredictionType.EPSILON).ofX()).isFinite();
  }

  @Test
  void spacesTimestepsAsImprovedDiffusion() {
    assertThat(Timesteps.ddim(10, 4000).descending())
        .containsExactly(3600, 3200, 2800, 2400, 2000, 1600, 1200, 800, 400, 0);
    assertThat(sum(Timesteps.ddim(50, 4000))).isEqualTo(98_000);
    assertThat(sum(Timesteps.ddim(250, 4000))).isEqualTo(498_000);
    assertThat(sum(Timesteps.ddim(25, 1000))).isEqualTo(12_000);
    assertThat(Timesteps.sections(List.of(10), 4000).descending())
        .containsExactly(3999, 3555, 3110, 2666, 2222, 1777, 1333, 889, 444, 0);
    assertThat(Timesteps.sections(List.of(7), 1000).descending())
        .containsExactly(999, 832, 666, 500, 333, 166, 0);
    assertThat(sum(Timesteps.sections(List.of(10, 15, 20), 300))).isEqualTo(7727);
    assertThat(sum(Timesteps.sections(List.of(250), 1000))).isEqualTo(124_875);
    assertThat(Timesteps.sections(List.of(1, 1, 1), 10).descending()).containsExactly(7, 4, 0);
  }

  @Test
  void refusesSpacingsThatCannotBeAndNamesTheNearest() {
    assertThatThrownBy(() -> Timesteps.ddim(400, 1000))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("exactly 400 timesteps of 1000")
        .hasMessageContaining("334 and 500");
    assertThatThrownBy(() -> Timesteps.sections(List.of(11, 1), 20))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("section of 10 timesteps cannot be divided into 11");
  }

  private static long sum(Timesteps timesteps) {
    return timesteps.descending().stream().mapToLong(Integer::longValue).sum();
  }

  private static double[] numbers(String text) {
    return Arrays.stream(text.trim().split(" +")).mapToDouble(Double::parseDouble).toArray();
  }

  private static NoiseSchedule of(String kind, int steps) {
    return switch (kind) {
      case "linear" -> NoiseSchedule.linear(steps, 1e-4, 0.02);
      case "quad" -> NoiseSchedule.quadratic(steps, 1e-4, 0.02);
      case "const" -> NoiseSchedule.constant(steps, 0.02);
      case "jsd" -> NoiseSchedule.jsd(steps);
      case "sigmoid" -> NoiseSchedule.sigmoid(steps, 1e-4, 0.02);
      default -> NoiseSchedule.cosine(steps);
    };
  }
}
