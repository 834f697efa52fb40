package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.Lineage;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.spec.SpecChanges;
import dev.fewstep.schemas.state.CheckpointRef;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.TaskRecord;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Experiments made of others: extended, replaced, cloned. */
class LineageTest {
  private final World world = new World().withInputs();

  private OutcomeRecord made(Lineage.Kind kind, String other, ExperimentSpec spec) {
    return world.outcome(
        new Command.SubmitExperiment(
            world.id(), world.time, "me", spec, Optional.of(new Lineage(kind, other))));
  }

  private String extended(String other, int more) {
    OutcomeRecord outcome = made(Lineage.Kind.EXTENDS, other, longer(other, more));
    assertThat(outcome.accepted()).as(outcome.toString()).isTrue();
    return outcome.subject();
  }

  private String replaced(String other, ExperimentSpec spec) {
    OutcomeRecord outcome = made(Lineage.Kind.REPLACES, other, spec);
    assertThat(outcome.accepted()).as(outcome.toString()).isTrue();
    return outcome.subject();
  }

  private ExperimentSpec longer(String other, int more) {
    return SpecChanges.extended(world.state.experiment(other).orElseThrow().spec(), more);
  }

  private static ExperimentSpec grid(String name, String steps, String policy) {
    return Specs.spec(name, "{\"sampling.steps\": " + steps + "}", Specs.ONE_SEED, policy);
  }

  /** Runs everything; finetunes keep a checkpoint of their last step beside an earlier one. */
  private void finish(UUID worker) {
    while (!world.published.isEmpty()) {
      finish(world.start(worker));
      world.presence(worker, Optional.empty(), true);
    }
  }

  private void finish(World.Execution execution) {
    Report.Succeeded success = world.success(execution);
    List<Artifact> files = new ArrayList<>(success.artifacts());
    if (execution.task().kind() == TaskKind.FINETUNE) {
      int last = execution.task().spec().path("training").path("iterations").asInt();
      files.add(Specs.file(ArtifactKind.CHECKPOINT, "checkpoint-9.safetensors"));
      files.add(Specs.file(ArtifactKind.CHECKPOINT, "checkpoint-" + last + ".safetensors"));
      files.add(Specs.file(ArtifactKind.CHECKPOINT, "other.safetensors"));
    }
    world.send(
        new Report.Succeeded(
            success.at(),
            success.taskKey(),
            success.attempt(),
            success.executionId(),
            files,
            success.scores(),
            success.provenance(),
            success.seconds()));
  }

  private List<TaskRecord> finetunes(String experiment) {
    return world.tasks(experiment).filter(task -> task.kind() == TaskKind.FINETUNE).toList();
  }

  private static List<Long> starts(List<TaskRecord> tasks) {
    return tasks.stream()
        .map(task -> task.checkpoint().map(CheckpointRef::step).orElse(0L))
        .toList();
  }

  @Test
  void anExtensionGoesOnFromTheLastCheckpointOfTheSameTrial() {
    String first = world.submit(grid("e", "[3, 5]", "{}"));
    UUID worker = world.worker();
    finish(worker);
    PlanPreview preview =
        Previews.plan(
            longer(first, 30), Optional.of(new Lineage(Lineage.Kind.EXTENDS, first)), world.state);
    assertThat(preview.extension()).contains(new PlanPreview.Extension(2, 0));
    assertThat(preview.byKind().get(TaskKind.FINETUNE)).isEqualTo(new PlanPreview.Counts(2, 0, 0));

    String longer = extended(first, 30);
    assertThat(starts(finetunes(longer))).containsExactly(50L, 50L);
    TaskMessage task =
        world.published.stream()
            .filter(t -> t.kind() == TaskKind.FINETUNE)
            .findFirst()
            .orElseThrow();
    assertThat(task.checkpoint().orElseThrow().name()).isEqualTo("checkpoint-50.safetensors");
    assertThat(task.spec().path("training").path("iterations").asInt()).isEqualTo(80);
    finish(worker);
    assertThat(world.progress(longer).state()).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(world.progress(longer).tasks().get(TaskState.CACHED))
        .as("references, baselines and base evaluations serve")
        .isEqualTo(6);

    String longest = extended(longer, 20);
    assertThat(starts(finetunes(longest))).containsExactly(80L, 80L);
  }

  @Test
  void anExtensionOfATaskThatNeverEndedGoesOnFromWhereItGot() {
    String first = world.submit(grid("e", "[3]", "{}"));
    UUID worker = world.worker();
    world.drainTo(worker, TaskKind.FINETUNE);
    World.Execution running = world.start(worker);
    world.checkpoint(running, 20);
    world.cancel(first);
    assertThat(starts(finetunes(extended(first, 30)))).containsExactly(20L);
  }

  @Test
  void whatDependsOnTheNumberOfIterationsStartsOver() {
    String first =
        world.submit(
            Specs.spec(
                "e",
                "{\"training.schedule\": [\"constant\", \"cosine\", \"linear\"]}",
                Specs.ONE_SEED,
                "{}"));
    finish(world.worker());
    assertThat(
            Previews.plan(
                    longer(first, 5),
                    Optional.of(new Lineage(Lineage.Kind.EXTENDS, first)),
                    world.state)
                .extension())
        .contains(new PlanPreview.Extension(1, 2));
    assertThat(starts(finetunes(extended(first, 5)))).containsExactlyInAnyOrder(50L, 0L, 0L);
  }

  @Test
  void whatIsNotTheSameTrainingIsNotGoneOnFrom() {
    String first = world.submit(grid("e", "[3]", "{}"));
    finish(world.worker());
    ExperimentSpec other =
        Specs.read(
            Json.toText(longer(first, 10))
                .replace("\"sampling.steps\":[3]", "\"sampling.steps\":[4]"));
    String made = made(Lineage.Kind.EXTENDS, first, other).subject();
    assertThat(starts(finetunes(made))).containsExactly(0L);
    String clone = made(Lineage.Kind.CLONES, first, longer(first, 20)).subject();
    assertThat(starts(finetunes(clone))).as("a clone shares nothing").containsExactly(0L);
  }

  @Test
  void anExtensionKeepsTheInputsAndASecondOneIsTheFirst() {
    String first = world.submit(grid("e", "[3]", "{}"));
    finish(world.worker());
    Artifact moved = Specs.file(ArtifactKind.WEIGHTS, "other-bytes");
    world.send(new Command.RegisterInput(world.id(), world.time, "ddpm", moved, "test"));
    String longer = extended(first, 30);
    assertThat(starts(finetunes(longer))).containsExactly(50L);
    assertThat(extended(first, 30)).isEqualTo(longer);
    assertThat(world.state.experimentCount()).isEqualTo(2);
    world.cancel(longer);
    assertThat(extended(first, 30)).as("what was cancelled stands no more").isNotEqualTo(longer);
  }

  @Test
  void anExtensionWithoutCacheSharesWithWhatItExtends() {
    String first = world.submit(grid("e", "[3]", "{\"cache\": false}"));
    UUID worker = world.worker();
    finish(worker);
    String longer = extended(first, 10);
    assertThat(starts(finetunes(longer))).containsExactly(50L);
    finish(worker);
    assertThat(world.progress(longer).tasks().get(TaskState.CACHED)).isEqualTo(5);
  }

  @Test
  void aCancelledTaskIsBegunAnewWhereTheExtendedOneEnded() {
    String first = world.submit(grid("e", "[3]", "{}"));
    ExperimentSpec goal = longer(first, 10);
    String direct = world.submit(goal);
    world.cancel(direct);
    world.published.clear();
    UUID worker = world.worker();
    world.pass(World.SETTINGS.dispatch().plusSeconds(1));
    world.presence(worker, Optional.empty(), true);
    finish(worker);
    assertThat(starts(finetunes(extended(first, 10)))).containsExactly(50L);
  }

  @Test
  void aReplacementKeepsWhatBothHaveWithoutInterruptingIt() {
    String old = world.submit(grid("e", "[3, 4, 5]", "{}"));
    UUID one = world.worker();
    UUID two = world.worker();
    world.drainTo(one, TaskKind.FINETUNE);
    World.Execution running = world.start(one);
    while (world.published.getFirst().kind() != TaskKind.FINETUNE) {
      world.succeed(world.start(two));
    }
    World.Execution only = world.start(two);
    int keeps = running.task().spec().path("sampling").path("steps").asInt();
    int drops = only.task().spec().path("sampling").path("steps").asInt();
    String steps = List.of(3, 4, 5, 6).stream().filter(step -> step != drops).toList().toString();
    assertThat(keeps).isNotEqualTo(drops);

    ExperimentSpec next = grid("e", steps, "{}");
    PlanPreview.Change change =
        Previews.plan(next, Optional.of(new Lineage(Lineage.Kind.REPLACES, old)), world.state)
            .change()
            .orElseThrow();
    assertThat(change.trials()).isEqualTo(new PlanPreview.SetCounts(2, 1, 1));
    assertThat(change.tasks().get(TaskKind.FINETUNE)).isEqualTo(new PlanPreview.SetCounts(2, 1, 1));
    assertThat(change.tasks().get(TaskKind.REFERENCE))
        .isEqualTo(new PlanPreview.SetCounts(2, 0, 0));
    assertThat(change.stopped()).isEqualTo(1);

    int published = world.published.size();
    String replaced = replaced(old, next);
    assertThat(world.progress(old).state()).isEqualTo(ExperimentState.CANCELLED);
    assertThat(world.task(running).state()).isEqualTo(TaskState.RUNNING);
    assertThat(world.task(running).executionId()).contains(running.id());
    assertThat(world.control.get(running.task().taskKey()).stop()).isFalse();
    assertThat(world.task(only).state()).isEqualTo(TaskState.CANCELLED);
    assertThat(world.control.get(only.task().taskKey()).stop()).isTrue();
    assertThat(world.published.size()).isGreaterThanOrEqualTo(published);

    world.succeed(running);
    world.presence(two, Optional.empty(), true);
    world.drain(two);
    assertThat(world.progress(replaced).state()).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(world.tasks(replaced)).allMatch(task -> task.generation() == 1);
    assertThat(finetunes(replaced)).hasSize(3);
  }

  @Test
  void theOldOneStandsUntilTheNewOneIsPlannedWhole() {
    String old = world.submit(grid("e", "[3]", "{}"));
    StringBuilder steps = new StringBuilder("[3");
    for (int i = 10; i < 610; i++) {
      steps.append(',').append(i);
    }
    Command.SubmitExperiment command =
        new Command.SubmitExperiment(
            world.id(),
            world.time,
            "me",
            grid("e", steps + "]", "{}"),
            Optional.of(new Lineage(Lineage.Kind.REPLACES, old)));
    world.apply(new Input.Received(command, world.time));
    world.apply(new Input.Tick(world.time, false));
    assertThat(world.progress(old).state()).isEqualTo(ExperimentState.RUNNING);
    world.restart();
    assertThat(world.progress(old).state()).isEqualTo(ExperimentState.CANCELLED);
    assertThat(world.tasks(old))
        .as("everything of the old one is wanted by the new one")
        .noneMatch(task -> task.state() == TaskState.CANCELLED);
  }

  @Test
  void aReplacementThatCannotBePlannedReplacesNothing() {
    String old = world.submit(Specs.spec("e"));
    String broken =
        replaced(
            old,
            Specs.spec(
                "e", "{\"loss.mmdBatch\": [64, 8], \"loss.microBatch\": [16]}", "[1]", "{}"));
    assertThat(world.progress(broken).state()).isEqualTo(ExperimentState.FAILED);
    assertThat(world.progress(old).state()).isEqualTo(ExperimentState.RUNNING);
    assertThat(world.tasks(old)).noneMatch(task -> task.state() == TaskState.CANCELLED);
  }

  @Test
  void withoutCacheResultsAreSharedInsideTheChainOfReplacements() {
    String policy = "{\"cache\": false}";
    String first = world.submit(grid("e", "[3, 4]", policy));
    UUID worker = world.worker();
    world.drain(worker);
    String second = replaced(first, grid("e", "[4, 5]", policy));
    world.drain(worker);
    String third = replaced(second, grid("e", "[5, 6]", policy));
    world.drain(worker);
    assertThat(world.progress(third).state()).isEqualTo(ExperimentState.SUCCEEDED);
    Set<String> shared = new HashSet<>(world.keys(second));
    shared.retainAll(world.keys(third));
    assertThat(shared).hasSizeGreaterThanOrEqualTo(7);
    assertThat(world.progress(first).state())
        .as("what had ended is not cancelled")
        .isEqualTo(ExperimentState.SUCCEEDED);
    String stranger = world.submit(grid("e", "[5, 6]", policy));
    Set<String> strange = new HashSet<>(world.keys(stranger));
    strange.retainAll(world.keys(third));
    assertThat(strange).isEmpty();
  }

  @Test
  void whatWasReplacedIsReplacedOnceAndTheSameAgainIsTheSame() {
    String first = world.submit(grid("e", "[3]", "{}"));
    String second = replaced(first, grid("e", "[4]", "{}"));
    assertThat(replaced(first, grid("e", "[4]", "{}"))).isEqualTo(second);
    String third = replaced(second, grid("e", "[5]", "{}"));
    OutcomeRecord stale = made(Lineage.Kind.REPLACES, first, grid("e", "[6]", "{}"));
    assertThat(stale.accepted()).isFalse();
    assertThat(stale.reason()).contains("was replaced by " + third);
    assertThat(stale.problems().get(0).nearest()).contains(third);
    assertThat(world.state.replacement(first).orElseThrow().id()).isEqualTo(second);

    world.cancel(third);
    assertThat(made(Lineage.Kind.REPLACES, first, grid("e", "[6]", "{}")).accepted()).isTrue();
  }

  @Test
  void whatComesOfNothingIsRejected() {
    OutcomeRecord outcome = made(Lineage.Kind.EXTENDS, "e-12345678", Specs.spec("e"));
    assertThat(outcome.accepted()).isFalse();
    assertThat(outcome.reason()).isEqualTo("there is no experiment e-12345678");
    assertThat(world.state.experimentCount()).isZero();
  }
}
