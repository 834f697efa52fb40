package dev.fewstep.worker.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class GpuUtilisationTest {
  @Test
  void one_gpu_needs_no_name() {
    assertThat(GpuUtilisation.name(Optional.empty(), 0, 1)).contains("0");
    assertThat(GpuUtilisation.name(Optional.of(" "), 0, 1)).contains("0");
  }

  @Test
  void of_several_only_a_named_one_is_asked_about() {
    assertThat(GpuUtilisation.name(Optional.empty(), 1, 4)).isEmpty();
    assertThat(GpuUtilisation.name(Optional.of("3, GPU-ab12"), 1, 4)).contains("GPU-ab12");
    assertThat(GpuUtilisation.name(Optional.of("3"), 1, 4)).isEmpty();
    assertThat(GpuUtilisation.name(Optional.of("0"), 0, 0)).isEmpty();
  }

  @Test
  void percent_become_a_ratio() {
    assertThat(GpuUtilisation.ratio(" 37 ")).hasValue(0.37);
    assertThat(GpuUtilisation.ratio("[N/A]")).isEmpty();
  }
}
