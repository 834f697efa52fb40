package dev.fewstep.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.chaos.check.Invariant;
import dev.fewstep.chaos.cluster.Shape;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The short form: every kind of fault once, on one broker and three workers. */
class ShortChaosTest {
  private static final int FAULTS = 27;

  @TempDir Path folder;

  @Test
  void nothing_is_lost_and_nothing_counted_twice() throws Exception {
    Progress progress = new Progress(System.err, false, FAULTS);
    Report report =
        new ChaosRun(
                new ChaosRun.Settings(
                    Shape.of(1, 3, folder),
                    1,
                    FAULTS,
                    60,
                    Duration.ofMillis(900),
                    8,
                    Duration.ofMinutes(10),
                    Duration.ofMinutes(5),
                    Duration.ofSeconds(20),
                    "of the test"),
                progress)
            .run();
    System.out.println(report.markdown(false));

    assertThat(report.findings().violations()).isEmpty();
    assertThat(report.faults()).hasSize(FAULTS);
    assertThat(report.lost()).isZero();
    assertThat(report.doubled()).isZero();
    assertThat(report.findings().checked(Invariant.NOTHING_LOST)).isGreaterThan(60);
    assertThat(report.findings().checked(Invariant.ARTIFACTS_WHOLE)).isGreaterThan(60);
    assertThat(report.findings().checked(Invariant.REPLAY_IS_STATE)).isGreaterThan(60);
  }
}
