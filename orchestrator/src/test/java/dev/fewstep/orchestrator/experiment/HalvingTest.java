package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Lineage;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.RungRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.task.FinetuneTask;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Trials that are halved, by the whole decider. */
class HalvingTest {
  private static final String BY_THREE = "{\"method\": \"halving\", \"minIterations\": 2}";

  private final World world = new World().withInputs();
  private final Map<Integer, Integer> trained = new TreeMap<>();

  /** Nine learning rates 1 to 9 (×1e-5), 18 iterations, rungs at 2, 6 and 18. */
  private static ExperimentSpec spec(String name, String rates, String search) {
    return Specs.read(
        """
        {"apiVersion": "fewstep/v1", "kind": "Experiment",
         "metadata": {"name": "%s", "project": "p"},
         "spec": {
           "base": {"data": {"train": "train"}, "model": {"weights": "ddpm"},
                    "loss": {"extractor": "small/multi"},
                    "training": {"iterations": 18, "validation": {"every": 2}}},
           "grid": {"training.learningRate": [%s]}, "seeds": [1],
           "evaluation": {"reference": "test", "extractors": ["small/multi", "wide"],
                          "samples": 2048}%s}}
        """
            .formatted(name, rates, search.isEmpty() ? "" : ", \"search\": " + search));
  }

  private static ExperimentSpec nine(String search) {
    return spec("nine", "5e-5, 1e-5, 9e-5, 2e-5, 8e-5, 3e-5, 7e-5, 4e-5, 6e-5", search);
  }

  private static FinetuneTask finetune(TaskMessage task) {
    return (FinetuneTask) task.typedSpec();
  }

  /** Runs everything; a finetune is the better the nearer its rate is to 4e-5. */
  private void drain() {
    drain(rate -> Math.abs(rate - 4e-5));
  }

  private void drain(DoubleUnaryOperator value) {
    var worker = world.worker();
    while (!world.published.isEmpty()) {
      TaskMessage task = world.published.removeFirst();
      if (task.attempt() != world.state.task(task.taskKey()).orElseThrow().attempt()) {
        continue;
      }
      succeed(world.start(task, worker), value);
    }
  }

  private void succeed(World.Execution execution, DoubleUnaryOperator value) {
    Report.Succeeded plain = world.success(execution);
    if (execution.task().kind() != TaskKind.FINETUNE) {
      world.send(plain);
      return;
    }
    FinetuneTask spec = finetune(execution.task());
    double rate = spec.training().learningRate();
    int iterations = spec.training().iterations();
    trained.merge(iterations, 1, Integer::sum);
    List<Artifact> files = new ArrayList<>(plain.artifacts());
    files.add(checkpoint(rate, iterations));
    Map<String, Double> scores = new HashMap<>(plain.scores());
    double at = value.applyAsDouble(rate);
    if (Double.isFinite(at)) {
      scores.put("validation_mmd", at);
    }
    world.send(
        new Report.Succeeded(
            plain.at(),
            plain.taskKey(),
            plain.attempt(),
            plain.executionId(),
            files,
            scores,
            plain.provenance(),
            plain.seconds()));
  }

  private static Artifact checkpoint(double rate, int iterations) {
    Artifact file = Specs.file(ArtifactKind.CHECKPOINT, rate + "@" + iterations);
    return new Artifact(
        file.kind(), "checkpoint-" + iterations + ".safetensors", file.bytes(), file.sha256());
  }

  private List<TrialView> trials(String id) {
    return new Results(world.state).trials(id, 0, 100);
  }

  private List<Integer> stopped(String id, int rung) {
    return trials(id).stream()
        .filter(t -> t.stopped() && t.rung().orElseThrow().rung() == rung)
        .map(TrialView::index)
        .toList();
  }

  /** What another installation reads of it: stopped trials have no tasks of later rungs. */
  @Test
  void anEndedOneHoldsTogetherAsAFile() {
    String id = world.submit(nine(BY_THREE));
    drain();
    ArchiveContent content = ArchiveContent.of(world.state, id).orElseThrow();
    ImportedExperiment.Reader reader = new ImportedExperiment.Reader(id);
    content.records().forEach(reader::take);
    ImportedExperiment read = reader.read();
    assertThat(read.tasks()).isEqualTo(world.progress(id).tasks());
    assertThat(read.results(file -> true)).hasSize(content.tasks().size());
  }

  @Test
  void findsTheBestAndStopsTheOthers() {
    String id = world.submit(nine(BY_THREE));

    drain();

    assertThat(trained).containsEntry(2, 9).containsKeys(6, 18);
    List<TrialView> trials = trials(id);
    assertThat(trials.get(7).state()).isEqualTo(TaskState.SUCCEEDED);
    assertThat(trials.get(7).rung())
        .contains(new RungView(2, 3, 18, Optional.of(0.0), RungView.Standing.LAST));
    assertThat(trials.get(7).scores().trained()).isPresent();
    assertThat(trials.get(2).stopped()).isTrue();
    assertThat(trials.get(2).rung().orElseThrow().iterations()).isEqualTo(2);
    assertThat(world.progress(id).state()).isEqualTo(ExperimentState.SUCCEEDED);
    List<RungRow> rungs = new Results(world.state).rungs(id);
    assertThat(rungs).extracting(RungRow::iterations).containsExactly(2, 6, 18);
    assertThat(rungs.get(0).trials()).isEqualTo(9);
    assertThat(rungs.get(0).promoted()).isBetween(3, 6).isEqualTo(rungs.get(1).trials());
    assertThat(new Results(world.state).leaderboard(id, "wide", 10))
        .hasSize(rungs.get(2).trials())
        .anyMatch(row -> row.trials().contains(7));
  }

  @Test
  void everyTaskIsThatOfAPlainFinetuneAndGoesOnFromTheRungBefore() {
    world.submit(nine(BY_THREE));
    Map<String, FinetuneTask> specs = new HashMap<>();
    Map<String, Optional<Artifact>> starts = new HashMap<>();
    var worker = world.worker();
    while (!world.published.isEmpty()) {
      TaskMessage task = world.published.removeFirst();
      if (task.kind() == TaskKind.FINETUNE) {
        specs.put(task.taskKey(), finetune(task));
        starts.put(task.taskKey(), task.checkpoint());
      }
      succeed(world.start(task, worker), rate -> Math.abs(rate - 4e-5));
    }

    specs.forEach(
        (key, spec) -> {
          assertThat(key).isEqualTo(dev.fewstep.schemas.task.Keyed.of(spec).key());
          double rate = spec.training().learningRate();
          int iterations = spec.training().iterations();
          Optional<Artifact> before =
              iterations == 2 ? Optional.empty() : Optional.of(checkpoint(rate, iterations / 3));
          assertThat(starts.get(key)).as(rate + "@" + iterations).isEqualTo(before);
        });
    assertThat(specs.values()).extracting(s -> s.training().iterations()).contains(2, 6, 18);
  }

  @Test
  void anotherLeaderPromotesTheSame() {
    String id = world.submit(nine(BY_THREE));
    var worker = world.worker();
    int done = 0;
    while (!world.published.isEmpty()) {
      TaskMessage task = world.published.removeFirst();
      if (task.attempt() != world.state.task(task.taskKey()).orElseThrow().attempt()) {
        continue;
      }
      succeed(world.start(task, worker), rate -> Math.abs(rate - 4e-5));
      if (done++ % 3 == 0) {
        world.restart();
      }
    }
    List<RungRow> restarted = new Results(world.state).rungs(id);

    HalvingTest other = new HalvingTest();
    String twin = other.world.submit(nine(BY_THREE));
    other.drain();

    assertThat(restarted).isEqualTo(new Results(other.world.state).rungs(twin));
    assertThat(StateText.of(world.replayed())).isEqualTo(StateText.of(world.state));
  }

  @Test
  void aFailureCountsAsWorstAndALateSuccessMayStillBePromoted() {
    String id = world.submit(spec("three", "4e-5, 5e-5, 6e-5", BY_THREE));
    var worker = world.worker();
    List<TaskMessage> waiting = new ArrayList<>();
    while (!world.published.isEmpty() || !waiting.isEmpty()) {
      if (world.published.isEmpty()) {
        break;
      }
      TaskMessage task = world.published.removeFirst();
      boolean best =
          task.kind() == TaskKind.FINETUNE && finetune(task).training().learningRate() == 4e-5;
      World.Execution execution = world.start(task, worker);
      if (best) {
        world.fail(execution, FailureCode.INVALID_SPEC);
      } else {
        succeed(execution, rate -> Math.abs(rate - 4e-5));
      }
    }
    assertThat(trials(id)).extracting(TrialView::state).contains(TaskState.FAILED);
    assertThat(trials(id).get(1).rung().orElseThrow().standing()).isEqualTo(RungView.Standing.LAST);
    assertThat(stopped(id, 0)).containsExactly(2);
    assertThat(world.progress(id).state()).isEqualTo(ExperimentState.FAILED);

    world.outcome(new Command.RetryFailed(world.id(), world.time, id));
    drain();

    assertThat(trials(id).get(0).rung().orElseThrow())
        .isEqualTo(new RungView(2, 3, 18, Optional.of(0.0), RungView.Standing.LAST));
    assertThat(world.progress(id).state()).isEqualTo(ExperimentState.SUCCEEDED);
  }

  @Test
  void aValueThatIsNoneCountsAsWorst() {
    String id = world.submit(spec("three", "4e-5, 5e-5, 6e-5", BY_THREE));

    drain(rate -> rate == 4e-5 ? Double.NaN : rate);

    assertThat(trials(id).get(0).rung().orElseThrow().standing())
        .isEqualTo(RungView.Standing.FAILED);
    assertThat(trials(id).get(1).rung().orElseThrow().standing()).isEqualTo(RungView.Standing.LAST);
  }

  @Test
  void saysWhyATrialWaitsAndWhyItIsStopped() {
    String id = world.submit(nine(BY_THREE));
    var worker = world.worker();
    int finetunes = 0;
    while (finetunes < 2) {
      TaskMessage task = world.published.removeFirst();
      finetunes += task.kind() == TaskKind.FINETUNE ? 1 : 0;
      succeed(world.start(task, worker), rate -> Math.abs(rate - 4e-5));
    }
    assertThat(explanation(id, 1))
        .isEqualTo(
            new Explanation.Reason(
                Explanation.Code.WAITS_FOR_PROMOTION,
                "of experiment "
                    + id
                    + " trial 1 waits in rung 0 (2 iterations): 2 of 9 done, 1 better; one of 3 is"
                    + " trained on, and so far 0 are"));
    assertThat(trials(id).get(1).state()).isEqualTo(TaskState.PENDING);

    drain();

    Explanation.Reason stopped = explanation(id, 2);
    assertThat(stopped.code()).isEqualTo(Explanation.Code.STOPPED);
    assertThat(stopped.text())
        .isEqualTo(
            "of experiment "
                + id
                + " trial 2 is stopped in rung 0 (2 iterations): 9 of 9 done, 8 better");
  }

  private Explanation.Reason explanation(String id, int trial) {
    String key = trials(id).get(trial).tasks().orElseThrow().finetune();
    return new Explanations(world.state, World.SETTINGS, world.time)
        .task(key)
        .orElseThrow()
        .reasons()
        .get(0);
  }

  @Test
  void aPausedOneWaitsAndACancelledOneEnds() {
    String id = world.submit(nine(BY_THREE));
    world.outcome(new Command.PauseExperiment(world.id(), world.time, id, false));
    drain();
    assertThat(trained).isEmpty();
    world.outcome(new Command.ResumeExperiment(world.id(), world.time, id));
    var worker = world.worker();
    World.Execution running = world.start(worker);

    world.cancel(id);
    succeed(running, rate -> rate);
    drain();

    assertThat(world.progress(id).state()).isEqualTo(ExperimentState.CANCELLED);
    assertThat(world.progress(id).tasks().get(TaskState.PENDING)).isZero();
  }

  @Test
  void aGridOfTheSameGoesOnFromWhereTheStoppedOnesAre() {
    String halved = world.submit(nine(BY_THREE));
    drain();
    int whole = trained.get(18);
    int stoppedAtTwo = stopped(halved, 0).size();
    Command.SubmitExperiment extend =
        new Command.SubmitExperiment(
            world.id(),
            world.time,
            "me",
            nine(""),
            Optional.of(new Lineage(Lineage.Kind.EXTENDS, halved)));
    world.outcome(extend);
    List<Integer> begins = new ArrayList<>();
    var worker = world.worker();
    while (!world.published.isEmpty()) {
      TaskMessage task = world.published.removeFirst();
      if (task.kind() == TaskKind.FINETUNE) {
        double rate = finetune(task).training().learningRate();
        for (int at : List.of(2, 6)) {
          if (task.checkpoint().equals(Optional.of(checkpoint(rate, at)))) {
            begins.add(at);
          }
        }
      }
      succeed(world.start(task, worker), rate -> Math.abs(rate - 4e-5));
    }

    assertThat(begins).hasSize(9 - whole);
    assertThat(begins.stream().filter(at -> at == 2)).hasSize(stoppedAtTwo);
    assertThat(trained).containsEntry(18, 9);
  }

  @Test
  void moreTrialsAndAnotherReductionRunOnlyWhatIsNew() {
    String drawn =
        "{\"method\": \"halving\", \"minIterations\": 2, \"trials\": %s, \"reduction\": %s}";
    String first = world.submit(nine(drawn.formatted(4, 3)));
    drain();
    assertThat(trained.get(2)).isEqualTo(4);
    List<Map<String, ?>> values = new ArrayList<>();
    trials(first).forEach(t -> values.add(t.values()));

    String second = world.submit(nine(drawn.formatted(7, 3)));
    drain();

    assertThat(trained.get(2)).isEqualTo(7);
    List<Map<String, ?>> more = new ArrayList<>();
    trials(second).forEach(t -> more.add(t.values()));
    assertThat(more.subList(0, 4)).isEqualTo(values);
    Map<Integer, Integer> before = new TreeMap<>(trained);
    world.submit(nine(drawn.formatted(7, 9)));
    drain();
    assertThat(trained.get(2)).isEqualTo(before.get(2));
    assertThat(trained.get(6)).isEqualTo(before.get(6));
  }

  @Test
  void oneRungIsAPlainGrid() {
    String id = world.submit(nine("{\"method\": \"halving\", \"minIterations\": 18}"));

    drain();

    assertThat(trained).isEqualTo(Map.of(18, 9));
    assertThat(trials(id)).allMatch(t -> t.rung().isEmpty() && !t.stopped());
  }

  @Test
  void aRestingExperimentIsNotTakenForEndedWhileAPromotionIsDue() {
    String id = world.submit(spec("one", "4e-5", BY_THREE));
    var worker = world.worker();
    world.drainTo(worker, TaskKind.FINETUNE);
    World.Execution last = world.start(worker);
    Report.Succeeded report = world.success(last);
    world.apply(new Input.Received(report, world.time));
    world.apply(new Input.Verified(report, true, world.time));

    assertThat(world.tasks(id).filter(t -> t.kind() == TaskKind.FINETUNE))
        .allMatch(t -> t.state() == TaskState.SUCCEEDED);
    assertThat(world.progress(id).state()).isEqualTo(ExperimentState.RUNNING);
    assertThat(world.state.endedAt(id)).isEmpty();
  }

  @Test
  void anArchivedOneLeavesNothing() {
    String id = world.submit(nine(BY_THREE));
    drain();
    ArchiveContent content = ArchiveContent.of(world.state, id).orElseThrow();
    OrchestratorState alone = new OrchestratorState();
    content.records().forEach(alone::replay);
    assertThat(new Results(alone).rungs(id)).isEqualTo(new Results(world.state).rungs(id));

    assertThat(world.archive(id, true).accepted()).isTrue();

    assertThat(world.state.experiment(id)).isEmpty();
    assertThat(world.replayed().experimentFold(id)).isEmpty();
  }

  @Test
  void aPlanSaysTheBudget() {
    PlanPreview preview = Previews.plan(nine(BY_THREE), world.state);

    // Nine to 2, three to 6, one to 18; at worst nine, six and four.
    assertThat(preview.budget())
        .contains(new PlanPreview.Budget(9 * 2 + 3 * 4 + 12, 9 * 2 + 6 * 4 + 4 * 12, 9 * 18));
    assertThat(preview.byKind().get(TaskKind.FINETUNE).fresh()).isEqualTo(9);
    assertThat(Previews.plan(nine(""), world.state).budget()).isEmpty();
  }

  @Test
  void recordsAreSmall() {
    world.submit(nine(BY_THREE));
    drain();

    assertThat(IntStream.range(0, 9).mapToObj(i -> rung(i).values().size()))
        .allMatch(size -> size >= 1);
    assertThat(world.topicBytes()).isLessThan(200_000);
  }

  private RungRecord rung(int trial) {
    String id = world.state.experiments(Optional.empty(), 1).get(0).id();
    return world.state.experimentFold(id).orElseThrow().rungs().of(trial).orElseThrow();
  }

  @Test
  void tasksOfRungsFollowFromAnotherHalvedExperimentWhenTheirsIsArchived() {
    String old = world.submit(nine(BY_THREE));
    drain();
    String twin = world.submit(nine(BY_THREE));
    assertThat(world.published).as("everything is cached").isEmpty();
    Set<String> keys = world.keys(twin);

    assertThat(world.archive(old, true).accepted()).isTrue();

    Plans plans = new Plans();
    assertThat(keys)
        .allSatisfy(
            key -> {
              TaskRecord task = world.state.task(key).orElseThrow();
              assertThat(task.origin().experimentId()).isEqualTo(twin);
              ExperimentRecord origin = world.state.experiment(twin).orElseThrow();
              assertThat(plans.task(origin, task).key()).isEqualTo(key);
            });
  }

  @Test
  void aTrialIsBelowUntilItsLastRungIsReached() {
    String id = world.submit(nine(BY_THREE));
    assertThat(trials(id)).allMatch(TrialView::below);
    drain();
    assertThat(trials(id)).anyMatch(TrialView::below).anyMatch(trial -> !trial.below());
    String plain = world.submit(spec("plain", "5e-5", ""));
    drain();
    assertThat(trials(plain)).noneMatch(TrialView::below).noneMatch(TrialView::stopped);
  }
}
