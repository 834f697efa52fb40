package dev.fewstep.orchestrator.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.orchestrator.experiment.Check;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ArtifactChecksTest {
  private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();

  @AfterEach
  void stop() {
    executor.shutdownNow();
  }

  private static Check check(long bytes) {
    return new Check.Cached(
        "key", List.of(new Artifact(ArtifactKind.WEIGHTS, "w", bytes, Digests.sha256Hex("w"))));
  }

  private static boolean answer(ArtifactChecks checks) {
    List<ArtifactChecks.Answer> answers = new ArrayList<>();
    while (answers.isEmpty()) {
      assertThat(checks.pending()).isTrue();
      answers.addAll(checks.drain());
      Thread.onSpinWait();
    }
    assertThat(checks.pending()).isFalse();
    return answers.get(0).present();
  }

  @Test
  void an_object_of_another_size_is_not_the_artifact() {
    ArtifactChecks checks = new ArtifactChecks(sha256 -> OptionalLong.of(3), executor);

    checks.ask(check(3));
    assertThat(answer(checks)).isTrue();
    checks.ask(check(4));
    assertThat(answer(checks)).isFalse();
  }

  @Test
  void a_store_that_is_down_is_asked_again_and_not_taken_for_empty() {
    AtomicInteger calls = new AtomicInteger();
    ArtifactChecks checks =
        new ArtifactChecks(
            sha256 -> {
              if (calls.incrementAndGet() < 3) {
                throw new IOException("down");
              }
              return OptionalLong.of(3);
            },
            executor);

    checks.ask(check(3));

    assertThat(answer(checks)).isTrue();
    assertThat(calls).hasValue(3);
  }
}
