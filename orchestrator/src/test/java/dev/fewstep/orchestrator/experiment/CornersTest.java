package dev.fewstep.orchestrator.experiment;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.Lineage;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.spec.SpecChanges;
import dev.fewstep.schemas.state.LeaseRecord;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.Problem;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.task.FinetuneTask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Views and dry runs of experiments that are half done, and the smaller decisions of the core. */
class CornersTest {
  private final World world = new World().withInputs();

  private World.Execution startOf(TaskKind kind, UUID worker) {
    TaskMessage task =
        world.published.stream().filter(t -> t.kind() == kind).findFirst().orElseThrow();
    world.published.remove(task);
    return world.start(task, worker);
  }

  private void work(TaskKind kind) {
    UUID worker = world.worker();
    world.succeed(startOf(kind, worker));
    world.presence(worker, Optional.empty(), true);
  }

  @Test
  void aTrialIsPendingUntilItsFirstResultAndRunsFromThenOn() {
    String id = world.submit(Specs.pretraining("e"));
    for (int i = 0; i < 4; i++) {
      world.worker();
    }
    assertThat(new Results(world.state).trials(id, 0, 1).get(0).state())
        .isEqualTo(TaskState.PENDING);
    work(TaskKind.PRETRAIN);
    work(TaskKind.FINETUNE);
    assertThat(new Results(world.state).trials(id, 0, 1).get(0).state())
        .as("its references are not there")
        .isEqualTo(TaskState.RUNNING);
    assertThat(new Results(world.state).leaderboard(id, "wide", 9)).as("no score yet").isEmpty();
  }

  @Test
  void aPointIsRankedBeforeItsBaselineIsThere() {
    String id = world.submit(Specs.spec("e"));
    UUID worker = world.worker();
    String evaluate = world.state.trialKeys(id, 0).orElseThrow().evaluate();
    List<TaskMessage> later = new ArrayList<>();
    for (int i = 0; i < 20 && world.state.task(evaluate).orElseThrow().result().isEmpty(); i++) {
      while (!world.published.isEmpty()) {
        TaskMessage task = world.published.removeFirst();
        if (task.kind() != TaskKind.EVALUATE || task.taskKey().equals(evaluate)) {
          world.succeed(world.start(task, worker));
        } else {
          later.add(task);
        }
        world.presence(worker, Optional.empty(), true);
      }
      world.worker();
    }
    assertThat(later).isNotEmpty();
    List<LeaderboardRow> rows = new Results(world.state).leaderboard(id, "wide", 9);
    assertThat(rows).hasSize(1);
    assertThat(rows.get(0).baseline()).isEmpty();
  }

  private ExperimentSpec longer(String id) {
    return SpecChanges.extended(world.state.experiment(id).orElseThrow().spec(), 10);
  }

  private Command.SubmitExperiment made(Lineage.Kind kind, String of, ExperimentSpec spec) {
    return new Command.SubmitExperiment(
        world.id(), world.time, "me", spec, Optional.of(new Lineage(kind, of)));
  }

  @Test
  void whatIsExtendedIsNotArchivedBeforeTheExtensionIsPlanned() {
    String id = world.submit(Specs.spec("e"));
    world.drain(world.worker());
    Command.ArchiveExperiment archiving = world.archiving(id, true);
    Command.SubmitExperiment extension = made(Lineage.Kind.EXTENDS, id, longer(id));
    world.apply(new Input.Received(extension, world.time));
    world.apply(new Input.Received(archiving, world.time));
    OutcomeRecord refused = world.state.outcome(archiving.commandId()).orElseThrow();
    assertThat(refused.accepted()).isFalse();
    assertThat(refused.reason()).contains("being planned");
    world.settle();
    assertThat(world.archive(id, true).accepted()).isTrue();
  }

  @Test
  void whatIsToBeRetriedIsNotArchived() {
    String id = world.submit(Specs.withPolicy("e", "{\"retry\": {\"maxAttempts\": 1}}"));
    UUID worker = world.worker();
    while (!world.published.isEmpty()) {
      world.fail(world.start(worker), FailureCode.NOT_FINITE);
      world.presence(worker, Optional.empty(), true);
    }
    Command.ArchiveExperiment archiving = world.archiving(id, true);
    world.apply(
        new Input.Received(new Command.RetryFailed(world.id(), world.time, id), world.time));
    world.apply(new Input.Received(archiving, world.time));
    assertThat(world.state.outcome(archiving.commandId()).orElseThrow().reason())
        .contains("has not ended");
  }

  @Test
  void aDryRunOfAnExtensionCountsWhatIsNewOnce() {
    String id =
        world.submit(
            Specs.spec("e", "{\"sampling.steps\": [3, 4]}", Specs.ONE_SEED, "{\"cache\": true}"));
    ExperimentSpec longer = longer(id);
    Optional<Lineage> lineage = Optional.of(new Lineage(Lineage.Kind.EXTENDS, id));
    PlanPreview.Extension fresh =
        Previews.plan(longer, lineage, world.state).extension().orElseThrow();
    assertThat(fresh.resumed() + fresh.fromStart()).isEqualTo(2);
    world.send(made(Lineage.Kind.EXTENDS, id, longer));
    PlanPreview.Extension joined =
        Previews.plan(longer, lineage, world.state).extension().orElseThrow();
    assertThat(joined.resumed() + joined.fromStart()).as("under way already").isZero();
  }

  @Test
  void aDryRunOfAReplacementStopsOnlyWhatRunsForTheOldOneAlone() {
    String old =
        world.submit(Specs.spec("e", "{\"sampling.steps\": [3, 4]}", Specs.ONE_SEED, "{}"));
    UUID worker = world.worker();
    UUID other = world.worker();
    for (int i = 0; i < 4; i++) {
      world.worker();
    }
    World.Execution shared = startOf(TaskKind.FINETUNE, worker);
    world.submit(Specs.spec("f", "{\"sampling.steps\": [3, 4]}", Specs.ONE_SEED, "{}"));
    world.presence(other, Optional.empty(), true);
    ExperimentSpec without = Specs.spec("e", "{\"sampling.steps\": [7]}", Specs.ONE_SEED, "{}");
    PlanPreview.Change change =
        Previews.plan(without, Optional.of(new Lineage(Lineage.Kind.REPLACES, old)), world.state)
            .change()
            .orElseThrow();
    assertThat(world.task(shared).state()).isEqualTo(TaskState.RUNNING);
    assertThat(change.trials().withdrawn()).isEqualTo(2);
    assertThat(change.stopped()).as("another one wants it too").isZero();
  }

  private static FinetuneTask finetune(String training) {
    JsonNode tree = Json.toTree(Specs.spec("e"));
    ((ObjectNode) tree.path("spec").path("base"))
        .set("training", Json.fromBytes(training.getBytes(UTF_8), JsonNode.class));
    ExperimentSpec spec = Specs.read(tree.toString());
    Map<String, Artifact> inputs =
        Map.of(
            "train", Specs.file(ArtifactKind.DATASET, "train"),
            "test", Specs.file(ArtifactKind.DATASET, "test"),
            "ddpm", Specs.file(ArtifactKind.WEIGHTS, "ddpm"),
            "small", Specs.file(ArtifactKind.EXTRACTOR, "small"),
            "wide", Specs.file(ArtifactKind.EXTRACTOR, "wide"));
    return GridTrials.of(spec, "e", inputs).plan(0).tasks().stream()
        .map(PlannedTask::spec)
        .filter(FinetuneTask.class::isInstance)
        .map(FinetuneTask.class::cast)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aTrainingIsTheBeginningOfALongerOneWhoseRatesDoNotDependOnItsLength() {
    FinetuneTask ten = finetune("{\"iterations\":10}");
    FinetuneTask twenty = finetune("{\"iterations\":20}");
    assertThat(ten.training().iterations()).isEqualTo(10);
    assertThat(Extensions.beginsLike(ten, twenty)).isTrue();
    assertThat(Extensions.beginsLike(ten, ten)).isTrue();
    assertThat(Extensions.beginsLike(twenty, ten)).isFalse();
    String rate = "{\"iterations\":20,\"learningRate\":0.5}";
    assertThat(Extensions.beginsLike(ten, finetune(rate))).isFalse();
    String step = ",\"schedule\":\"step\",\"decayEvery\":5}";
    assertThat(
            Extensions.beginsLike(
                finetune("{\"iterations\":10" + step), finetune("{\"iterations\":20" + step)))
        .isTrue();
    String cosine = ",\"schedule\":\"cosine\"}";
    assertThat(
            Extensions.beginsLike(
                finetune("{\"iterations\":10" + cosine), finetune("{\"iterations\":20" + cosine)))
        .isFalse();
  }

  @Test
  void aHeartbeatThatOnlyKnowsTheTotalIsNewsAndAnOlderCheckpointIsNone() {
    world.submit(Specs.spec("e"));
    World.Execution execution = world.start(world.worker());
    String key = execution.task().taskKey();
    world.heartbeat(execution, 5);
    LeaseRecord first = world.state.lease(key).orElseThrow();
    assertThat(first.totalSteps()).isEqualTo(100);
    assertThat(first.progressed()).isTrue();
    world.send(new Report.Heartbeat(world.time, key, 1, execution.id(), 5, 200));
    assertThat(world.state.lease(key).orElseThrow().totalSteps()).isEqualTo(200);
    world.send(new Report.Heartbeat(world.time, key, 1, execution.id(), 4, 150));
    assertThat(world.state.lease(key).orElseThrow().step()).isEqualTo(5);
    Artifact file = world.checkpoint(execution, 9);
    world.checkpoint(execution, 7);
    world.checkpoint(execution, 9);
    assertThat(world.task(execution).checkpoint().orElseThrow().artifact()).isEqualTo(file);
    assertThat(world.state.lease(key).orElseThrow().step()).isEqualTo(9);
  }

  @Test
  void anAnswerAboutATaskThatRunsAgainIsLate() {
    world.submit(Specs.spec("e"));
    World.Execution execution = world.start(world.worker());
    Decision decision =
        world.apply(new Input.ArtifactsChecked(execution.task().taskKey(), false, world.time));
    assertThat(decision.changes()).isEmpty();
    assertThat(decision.more()).isFalse();
  }

  @Test
  void anExperimentHasEndedOnceItsLastTaskHas() {
    String id = world.submit(Specs.spec("e"));
    UUID worker = world.worker();
    World.Execution first = world.start(worker);
    world.succeed(first);
    world.presence(worker, Optional.empty(), true);
    assertThat(world.state.endedAt(id)).isEmpty();
    world.time = world.time.plusSeconds(5);
    world.apply(
        new Input.Received(new Command.CancelExperiment(world.id(), world.time, id), world.time));
    assertThat(world.state.endedAt(id)).as("its tasks are not withdrawn").isEmpty();
    world.settle();
    assertThat(world.state.endedAt(id)).contains(world.time);

    String done = world.submit(Specs.spec("f"));
    world.pass(Duration.ofSeconds(1));
    world.presence(worker, Optional.empty(), true);
    world.drain(worker);
    assertThat(world.progress(done).state()).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(world.state.endedAt(done)).contains(world.time);
  }

  @Test
  void namesInListsAndInObjectsOfAxesAreInputsToo() {
    String several = "[[{\"extractor\": \"nope\", \"weight\": 1}]]";
    OutcomeRecord list =
        world.outcome(
            new Command.SubmitExperiment(
                world.id(),
                world.time,
                "me",
                Specs.spec("e", "{\"loss.extractors\": " + several + "}", "[1]", "{}")));
    assertThat(list.problems()).extracting(Problem::message).anyMatch(m -> m.contains("nope"));
    OutcomeRecord object =
        world.outcome(
            new Command.SubmitExperiment(
                world.id(),
                world.time,
                "me",
                Specs.spec("e", "{\"loss\": [{\"extractor\": \"none/x\"}]}", "[1]", "{}")));
    assertThat(object.problems())
        .anyMatch(p -> p.message().contains("none") && p.path().contains("loss"));
  }

  @Test
  void anAxisThatIsNoneIsRefusedWithWhatIsExpected() {
    OutcomeRecord refused =
        world.outcome(
            new Command.SubmitExperiment(
                world.id(),
                world.time,
                "me",
                Specs.spec("e", "{\"sampling.stepz\": [3]}", "[1]", "{}")));
    assertThat(refused.accepted()).isFalse();
    assertThat(refused.problems()).isNotEmpty();
    assertThat(world.state.experimentCount()).isZero();
  }

  @Test
  void aDecisionHasSomethingToWriteWhenAnyPartHas() {
    Decision nothing =
        new Decision(
            List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), true);
    assertThat(nothing.isEmpty()).isTrue();
    ControlMessage control = new ControlMessage(Digests.sha256Hex("k"), 1, Optional.empty(), false);
    Decision told =
        new Decision(
            List.of(),
            List.of(),
            List.of(control),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            false);
    assertThat(told.isEmpty()).isFalse();
    world.submit(Specs.spec("e"));
    world.worker();
    TaskToPublish task = new TaskToPublish("cpu", world.published.getFirst());
    Decision published =
        new Decision(
            List.of(), List.of(task), List.of(), List.of(), List.of(), List.of(), List.of(), true);
    assertThat(published.isEmpty()).isFalse();
    Decision changed =
        new Decision(
            List.of(StateRecord.noLease("k")),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            false);
    assertThat(changed.isEmpty()).isFalse();
  }
}
