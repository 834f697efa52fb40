package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.TaskRecord;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Commands, their outcomes, and the tasks that grids become. */
class CommandAndPlanTest {
  private static final String GRID =
      "{\"sampling.steps\": [3, 5], \"loss.kernel\": [\"cubic\", \"rbf\"]}";

  private final World world = new World().withInputs();

  @Test
  void aRepeatedCommandHasTheOutcomeOfTheFirstAndChangesNothing() {
    Command.SubmitExperiment command =
        new Command.SubmitExperiment(
            UUID.fromString("deadbeef-0000-0000-0000-000000000000"),
            world.time,
            "me",
            Specs.spec("e"));
    OutcomeRecord outcome = world.outcome(command);
    assertThat(outcome.subject()).isEqualTo("e-deadbeef");
    assertThat(outcome.trials()).isEqualTo(1);

    Decision again = world.apply(new Input.Received(command, world.time.plusSeconds(5)));
    assertThat(again.changes()).isEmpty();
    assertThat(world.state.outcome(command.commandId())).contains(outcome);
    assertThat(world.state.experimentCount()).isEqualTo(1);
  }

  @Test
  void anExperimentKeepsThePlaceInATraceThatItWasAskedForAt() {
    Optional<String> place = Optional.of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    OutcomeRecord outcome =
        world.outcome(
            new Command.SubmitExperiment(world.id(), world.time, "me", Specs.spec("e"))
                .within(place));
    world.settle();
    world.outcome(new Command.PauseExperiment(world.id(), world.time, outcome.subject(), false));

    assertThat(world.state.experiment(outcome.subject()).orElseThrow().paused()).isTrue();
    assertThat(world.state.experiment(outcome.subject()).orElseThrow().traceparent())
        .isEqualTo(place);
  }

  @Test
  void namesThatAreNoInputsAreRefusedWithTheNearestOnes() {
    ExperimentSpec typo =
        Specs.spec("e", "{\"loss.extractor\": [\"smal/multi\", \"ddpm\"]}", Specs.ONE_SEED, "{}");
    OutcomeRecord outcome =
        world.outcome(new Command.SubmitExperiment(world.id(), world.time, "me", typo));
    assertThat(outcome.accepted()).isFalse();
    assertThat(outcome.problems()).hasSize(2);
    assertThat(outcome.problems().get(0).path()).isEqualTo("spec.grid.loss.extractor");
    assertThat(outcome.problems().get(0).nearest()).contains("small");
    assertThat(outcome.problems().get(0).expected()).contains("one of small, wide");
    assertThat(outcome.problems().get(1).message()).contains("'ddpm' is registered as weights");
    assertThat(world.state.experimentCount()).isZero();
  }

  @Test
  void inputsWithoutAUsableNameOrKindAreRefused() {
    Artifact weights = Specs.file(ArtifactKind.WEIGHTS, "w");
    assertThat(
            world
                .outcome(
                    new Command.RegisterInput(world.id(), world.time, "Bad Name", weights, "test"))
                .accepted())
        .isFalse();
    Artifact log = Specs.file(ArtifactKind.LOG, "log.txt");
    assertThat(
            world
                .outcome(new Command.RegisterInput(world.id(), world.time, "log", log, "test"))
                .problems()
                .get(0)
                .path())
        .isEqualTo("artifact.kind");
    assertThat(world.state.input("log")).isEmpty();
  }

  @Test
  void anInputThatMovesDoesNotMoveWhatWasSubmitted() {
    String experiment = world.submit(Specs.spec("e"));
    Artifact moved = Specs.file(ArtifactKind.WEIGHTS, "other-bytes");
    world.send(new Command.RegisterInput(world.id(), world.time, "ddpm", moved, "test"));
    world.restart();
    world.drain(world.worker());
    assertThat(world.progress(experiment).state()).isEqualTo(ExperimentState.SUCCEEDED);
  }

  @Test
  void onlyWhatRunsCanBeCancelled() {
    OutcomeRecord unknown = world.cancel("e-12345678");
    assertThat(unknown.accepted()).isFalse();
    assertThat(unknown.reason()).contains("no experiment e-12345678");

    String experiment = world.submit(Specs.spec("e"));
    world.drain(world.worker());
    assertThat(world.cancel(experiment).reason()).contains("SUCCEEDED already");

    String other = world.submit(Specs.spec("e", "{\"sampling.steps\": [7]}", "[9]", "{}"));
    assertThat(world.cancel(other).accepted()).isTrue();
    assertThat(world.cancel(other).accepted()).as("cancelling twice is no error").isTrue();
  }

  @Test
  void aGridIsPlannedInChunksAndItsTrialsShareWhatTheyCan() {
    String steps =
        IntStream.rangeClosed(1, 600).mapToObj(Integer::toString).collect(Collectors.joining(","));
    Command.SubmitExperiment command =
        new Command.SubmitExperiment(
            world.id(),
            world.time,
            "me",
            Specs.spec("e", "{\"sampling.steps\": [" + steps + "]}", Specs.TWO_SEEDS, "{}"));
    world.apply(new Input.Received(command, world.time));
    String experiment = world.state.outcome(command.commandId()).orElseThrow().subject();
    for (int planned : new int[] {500, 1000, 1200}) {
      assertThat(world.progress(experiment).state()).isEqualTo(ExperimentState.PLANNING);
      world.apply(new Input.Tick(world.time, false));
      assertThat(world.progress(experiment).planned()).isEqualTo(planned);
    }
    assertThat(world.progress(experiment).state()).isEqualTo(ExperimentState.RUNNING);
    // 2 references, 1,200 finetunes and evaluations, 600 baselines; 10 and 20 steps are among them.
    assertThat(world.tasks(experiment)).hasSize(2 + 1200 + 1200 + 600);
    assertThat(world.state.trialKeys(experiment, 1199)).isPresent();
    assertThat(world.state.trialKeys(experiment, 1200)).isEmpty();
    assertThat(world.state.tasks(experiment, Optional.empty(), 10)).hasSize(10);
  }

  @Test
  void tasksInFlightAreJoinedAndTheDryRunSaysSo() {
    ExperimentSpec spec = Specs.spec("a", GRID, Specs.TWO_SEEDS, "{}");
    PlanPreview before = Previews.plan(spec, world.state);
    assertThat(before.trials()).isEqualTo(8);
    assertThat(before.byKind().get(TaskKind.REFERENCE)).isEqualTo(new PlanPreview.Counts(2, 0, 0));
    assertThat(before.byKind().get(TaskKind.FINETUNE)).isEqualTo(new PlanPreview.Counts(8, 0, 0));
    // 8 finetuned, 2 baselines, 2 base evaluations.
    assertThat(before.byKind().get(TaskKind.EVALUATE)).isEqualTo(new PlanPreview.Counts(12, 0, 0));
    assertThat(world.state.taskCount()).as("a dry run changes nothing").isZero();

    String first = world.submit(spec);
    assertThat(world.tasks(first)).hasSize(before.tasks().fresh());
    assertThat(Previews.plan(spec, world.state).tasks())
        .isEqualTo(new PlanPreview.Counts(0, 0, 22));
    String second = world.submit(Specs.spec("b", GRID, Specs.TWO_SEEDS, "{}"));
    assertThat(world.state.taskCount()).isEqualTo(22);
    world.drain(world.worker());
    assertThat(world.accepted).isEqualTo(22);
    assertThat(world.progress(second).state()).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(Previews.plan(spec, world.state).tasks())
        .isEqualTo(new PlanPreview.Counts(0, 22, 0));
  }

  @Test
  void withoutCacheEveryTaskIsRunAfreshAndEarlierResultsStay() {
    String first = world.submit(Specs.pretraining("a"));
    UUID worker = world.worker();
    world.drain(worker);
    ExperimentSpec again =
        Specs.read(
            Json.toText(Specs.pretraining("b")).replace("\"cache\":true", "\"cache\":false"));
    String second = world.submit(again);
    Set<String> shared = new HashSet<>(world.keys(first));
    shared.retainAll(world.keys(second));
    assertThat(shared).isEmpty();
    assertThat(world.keys(second)).hasSameSizeAs(world.keys(first));
    assertThat(world.tasks(second).flatMap(task -> task.dependsOn().stream()))
        .as("salted tasks need salted tasks")
        .allMatch(world.keys(second)::contains);
    world.drain(worker);
    assertThat(world.progress(second).tasks().get(TaskState.SUCCEEDED))
        .isEqualTo(world.keys(first).size());
    assertThat(world.tasks(first)).allMatch(task -> task.generation() == 1);
  }

  @Test
  void aGridWithAPointThatIsNoneFailsInsteadOfPlanningForEver() {
    String experiment =
        world.submit(
            Specs.spec(
                "e", "{\"loss.mmdBatch\": [64, 8], \"loss.microBatch\": [16]}", "[1]", "{}"));
    assertThat(world.progress(experiment).state()).isEqualTo(ExperimentState.FAILED);
    assertThat(world.state.experiment(experiment).orElseThrow().planFailure().orElseThrow())
        .contains("microBatch");
    assertThat(world.tasks(experiment).map(TaskRecord::state))
        .allMatch(state -> state == TaskState.CANCELLED);
  }

  @Test
  void outcomesAreForgottenAfterTheirRetention() {
    Command.CancelExperiment command =
        new Command.CancelExperiment(world.id(), world.time, "none-12345678");
    world.send(command);
    world.pass(World.SETTINGS.outcomeRetention().minusSeconds(1));
    assertThat(world.state.outcome(command.commandId())).isPresent();
    world.pass(Duration.ofSeconds(2));
    assertThat(world.state.outcome(command.commandId())).isEmpty();
    assertThat(world.replayed().outcome(command.commandId())).isEmpty();
  }
}
