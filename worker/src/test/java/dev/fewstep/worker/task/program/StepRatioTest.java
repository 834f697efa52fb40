package dev.fewstep.worker.task.program;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.tensor.TorchEngine;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class StepRatioTest {
  @Test
  void isProportionalToTheStepsAndNotThereForAFew() {
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      StepRatio few = new StepRatio(4, manager);
      for (int i = 0; i < 4; i++) {
        few.see(1);
      }
      assertThat(few.median()).isEmpty();

      StepRatio ratio = new StepRatio(40, manager);
      for (int i = 0; i < 40; i++) {
        // The first ones are not measured.
        ratio.see(i < 2 ? 1e12 : 1e6);
      }
      OptionalDouble median = ratio.median();
      assertThat(median).isPresent();
      assertThat(median.getAsDouble())
          .as("a GFLOP takes some time, and far less than ten days")
          .isBetween(1e5, 1e12 / 10);
      assertThat(manager.newSubManager().isOpen()).isTrue();
    }
  }
}
