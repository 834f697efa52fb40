package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.Problem;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What is refused, and what the refusal says. */
class RefusalsTest {
  private final World world = new World().withInputs();

  private static Settings settings(Duration lease, int poison, int plan, int move) {
    Duration second = Duration.ofSeconds(1);
    return new Settings(lease, second, second, second, second, poison, plan, move);
  }

  @Test
  void settingsOutOfTheirRangesAreNone() {
    Duration second = Duration.ofSeconds(1);
    assertThat(settings(second, 1, 1, 1).lease()).isEqualTo(second);
    assertThatThrownBy(() -> settings(Duration.ZERO, 1, 1, 1)).hasMessageContaining("lease");
    assertThatThrownBy(() -> settings(second.negated(), 1, 1, 1)).hasMessageContaining("lease");
    assertThatThrownBy(() -> settings(second, 0, 1, 1)).hasMessageContaining("poisonLosses");
    assertThatThrownBy(() -> settings(second, 1, 0, 1)).hasMessageContaining("planChunk");
    assertThatThrownBy(() -> settings(second, 1, 1, 0)).hasMessageContaining("moveChunk");
  }

  private OutcomeRecord project(String name, double weight, int devices) {
    return world.outcome(new Command.SetProject(world.id(), world.time, name, weight, devices));
  }

  @Test
  void aProjectHasANameAWeightAndABound() {
    assertThat(project("p", 0.001, 0).accepted()).isTrue();
    assertThat(project("p", 1000, 7).accepted()).isTrue();
    assertThat(world.state.project("p").maxDevices()).isEqualTo(7);
    for (double weight : new double[] {0, 0.0009, 1000.1, -1, Double.NaN}) {
      assertThat(project("p", weight, 0).problems())
          .extracting(Problem::path)
          .containsExactly("weight");
    }
    assertThat(project("p", 1, -1).problems())
        .extracting(Problem::path)
        .containsExactly("maxDevices");
    assertThat(project("No Project", -1, -1).problems())
        .extracting(Problem::path)
        .containsExactly("project", "weight", "maxDevices");
    assertThat(world.state.project("p").weight()).as("nothing of it counts").isEqualTo(1000);
    assertThat(project("p", 1000, 7).accepted()).as("what is so already").isTrue();
  }

  private OutcomeRecord drain(UUID worker, boolean drain) {
    return world.outcome(new Command.DrainWorker(world.id(), world.time, worker, drain));
  }

  @Test
  void aWorkerIsDrainedOnceAndOnlyWhenItIsThere() {
    UUID worker = world.worker();
    assertThat(drain(world.id(), true).accepted()).isFalse();
    assertThat(drain(worker, true).tasks()).isZero();
    assertThat(drain(worker, true).accepted()).isTrue();
    assertThat(world.state.worker(worker).orElseThrow().idle()).isFalse();
    assertThat(drain(worker, false).accepted()).isTrue();
    assertThat(world.state.worker(worker).orElseThrow().idle()).isTrue();

    world.submit(Specs.spec("e"));
    World.Execution execution = world.start(worker);
    assertThat(drain(worker, false).tasks()).as("nothing to hand back").isZero();
    assertThat(drain(worker, true).tasks()).isEqualTo(1);
    assertThat(world.control.get(execution.task().taskKey()).release()).isTrue();
  }

  @Test
  void anIdThatIsTakenIsNotTakenAgain() {
    UUID command = new UUID(0x1234567800000001L, 1);
    UUID other = new UUID(0x1234567800000002L, 2);
    OutcomeRecord first =
        world.outcome(new Command.SubmitExperiment(command, world.time, "me", Specs.spec("e")));
    OutcomeRecord second =
        world.outcome(new Command.SubmitExperiment(other, world.time, "me", Specs.spec("e")));
    assertThat(first.accepted()).isTrue();
    assertThat(second.accepted()).isFalse();
    assertThat(second.reason()).contains("e-12345678 already");

    world.drain(world.worker());
    assertThat(world.archive("e-12345678", true).accepted()).isTrue();
    UUID third = new UUID(0x1234567800000003L, 3);
    assertThat(
            world
                .outcome(new Command.SubmitExperiment(third, world.time, "me", Specs.spec("e")))
                .accepted())
        .as("nor that of an archived one")
        .isFalse();
  }

  private OutcomeRecord resume(String experiment) {
    return world.outcome(new Command.ResumeExperiment(world.id(), world.time, experiment));
  }

  @Test
  void whatEndedIsNotResumedAndTheRefusalSaysWhatHelps() {
    String failed = world.submit(Specs.withPolicy("e", "{\"retry\": {\"maxAttempts\": 1}}"));
    UUID worker = world.worker();
    while (!world.published.isEmpty()) {
      world.fail(world.start(worker), FailureCode.NOT_FINITE);
      world.presence(worker, Optional.empty(), true);
    }
    assertThat(world.progress(failed).state()).isEqualTo(ExperimentState.FAILED);
    assertThat(resume(failed).reason()).contains("retry runs what failed again");

    String done = world.submit(Specs.spec("f", "{}", "[5]", "{\"cache\": false}"));
    world.presence(worker, Optional.empty(), true);
    world.drain(worker);
    assertThat(world.progress(done).state()).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(resume(done).reason()).contains("SUCCEEDED").doesNotContain("retry");

    String cancelled = world.submit(Specs.spec("g", "{}", "[6]", "{\"cache\": false}"));
    world.cancel(cancelled);
    assertThat(resume(cancelled).reason()).contains("CANCELLED").doesNotContain("retry");

    String impossible =
        world.submit(
            Specs.spec(
                "h", "{\"loss.mmdBatch\": [64, 8], \"loss.microBatch\": [16]}", "[1]", "{}"));
    assertThat(resume(impossible).reason()).contains("FAILED").doesNotContain("retry");
  }
}
