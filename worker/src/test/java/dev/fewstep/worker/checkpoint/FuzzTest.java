package dev.fewstep.worker.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FuzzTest {
  private static final int CASES = 3500;

  @TempDir Path folder;

  @Test
  void damagedFilesEndInTensorsOrInOneSentence() throws IOException {
    Fuzz fuzz = new Fuzz(folder);
    fuzz.run(20_261_123, CASES);
    assertThat(fuzz.crashes()).isEmpty();
    for (Fuzz.Kind kind : Fuzz.Kind.values()) {
      int refused = fuzz.count(kind, "refused");
      int read = fuzz.count(kind, "read");
      assertThat(refused + read).as("cases of %s", kind).isEqualTo(CASES / 7);
      assertThat(refused).as("refused of %s", kind).isGreaterThan(CASES / 14);
      assertThat(read).as("read of %s", kind).isPositive();
    }
  }
}
