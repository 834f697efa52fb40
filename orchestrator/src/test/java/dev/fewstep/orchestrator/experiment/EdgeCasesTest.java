package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Lineage;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskFailure;
import dev.fewstep.schemas.state.TaskRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Messages and moments that are seldom: late, of nothing known, or in the middle of something. */
class EdgeCasesTest {
  private final World world = new World().withInputs();

  private Decision unsettled(Command command) {
    return world.apply(new Input.Received(command, world.time));
  }

  private Optional<TaskFailure.Cause> cause(World.Execution execution) {
    return world.task(execution).failure().map(TaskFailure::cause);
  }

  @Test
  void reportsOfATaskThatIsNotThereChangeNothingOfTasks() {
    String key = Digests.sha256Hex("no task");
    UUID worker = world.worker();
    UUID execution = world.id();
    Artifact file = Specs.file(ArtifactKind.CHECKPOINT, "checkpoint-1.safetensors");
    List<Report> reports =
        List.of(
            new Report.Started(world.time, key, 1, execution, worker),
            new Report.Heartbeat(world.time, key, 1, execution, 1, 2),
            new Report.Checkpointed(world.time, key, 1, execution, 1, file),
            new Report.Succeeded(
                world.time, key, 1, execution, List.of(file), Map.of(), Map.of(), 1),
            new Report.Failed(world.time, key, 1, execution, FailureCode.INTERNAL, "m", List.of()),
            new Report.Released(world.time, key, 1, execution));
    for (Report report : reports) {
      world.send(report);
      assertThat(world.state.task(key)).isEmpty();
      assertThat(world.state.claim(key)).isEmpty();
      assertThat(world.state.lease(key)).isEmpty();
      assertThat(world.control).doesNotContainKey(key);
    }
    assertThat(world.checks).isEmpty();
    assertThat(world.state.worker(worker).orElseThrow().idle()).as("it is free again").isTrue();
  }

  @Test
  void aSuccessOfAnAttemptThatNeverWasIsNoClaim() {
    world.submit(Specs.spec("e"));
    World.Execution execution = world.start(world.worker());
    Report.Succeeded success = world.success(execution);
    world.storeAnswers = false;
    world.send(
        new Report.Succeeded(
            success.at(),
            success.taskKey(),
            2,
            success.executionId(),
            success.artifacts(),
            success.scores(),
            success.provenance(),
            success.seconds()));
    assertThat(world.state.claim(success.taskKey())).isEmpty();
    assertThat(world.checks).isEmpty();
  }

  @Test
  void aSuccessOfATaskThatHasEndedIsNoClaimAndItsVerificationNoResult() {
    world.submit(Specs.spec("e"));
    World.Execution execution = world.start(world.worker());
    Report.Succeeded success = world.success(execution);
    world.apply(new Input.Verified(success, true, world.time));
    assertThat(world.task(execution).state()).as("nobody claimed it").isEqualTo(TaskState.RUNNING);
    world.succeed(execution);
    TaskRecord ended = world.task(execution);
    world.succeed(execution);
    world.apply(new Input.Verified(success, true, world.time));
    world.apply(new Input.ArtifactsChecked(success.taskKey(), true, world.time));
    assertThat(world.task(execution)).isEqualTo(ended);
    assertThat(world.state.claim(success.taskKey())).isEmpty();
  }

  @Test
  void aCompleteManifestWithoutWhatSuchATaskMakesIsAFailedAttempt() {
    world.submit(Specs.spec("e"));
    World.Execution execution = world.start(world.worker());
    assertThat(execution.task().kind()).isNotEqualTo(TaskKind.EVALUATE);
    Report.Succeeded success = world.success(execution);
    world.send(
        new Report.Succeeded(
            success.at(),
            success.taskKey(),
            success.attempt(),
            success.executionId(),
            List.of(Specs.file(ArtifactKind.LOG, "log.txt")),
            success.scores(),
            success.provenance(),
            success.seconds()));
    assertThat(cause(execution)).contains(TaskFailure.Cause.INCOMPLETE_MANIFEST);
  }

  @Test
  void ofTwoClaimsTheOneThatVerifiesWinsAndAnIncompleteOneFromAnOldAttemptCostsNothing() {
    world.submit(Specs.withPolicy("e", "{\"retry\": {\"maxAttempts\": 1}}"));
    UUID worker = world.worker();
    World.Execution old = world.start(worker);
    world.storeAnswers = false;
    world.pass(World.SETTINGS.lease().plusSeconds(1));
    world.presence(worker, Optional.empty(), true);
    World.Execution current =
        world.start(
            world.published.stream()
                .filter(task -> task.taskKey().equals(old.task().taskKey()))
                .findFirst()
                .orElseThrow(),
            worker);
    world.succeed(old);
    world.succeed(current);
    assertThat(world.state.claim(old.task().taskKey()).orElseThrow().reports()).hasSize(2);
    List<Reachable.Reason> reasons = new ArrayList<>();
    Reachable.visit(world.state, found -> reasons.add(found.reason()));
    assertThat(reasons).contains(Reachable.Reason.CLAIM);

    world.stored = file -> false;
    world.answer();
    assertThat(world.task(old).state()).isEqualTo(TaskState.RUNNING);
    assertThat(world.task(old).charged()).isZero();
    assertThat(world.state.claim(old.task().taskKey()).orElseThrow().reports()).hasSize(1);

    world.stored = file -> true;
    world.answer();
    assertThat(world.task(old).result().orElseThrow().executionId()).isEqualTo(current.id());
  }

  @Test
  void aBackoffIsBoundedFromTheFirstOnAndWhenItDoubles() {
    world.submit(
        Specs.withPolicy("e", "{\"retry\": {\"maxAttempts\": 9, \"backoff\": \"PT40M\"}}"));
    UUID worker = world.worker();
    World.Execution first = world.start(worker);
    world.fail(first, FailureCode.INTERNAL);
    assertThat(backoff(first)).isBetween(minutes(30), minutes(50));

    world.pass(minutes(51));
    world.presence(worker, Optional.empty(), true);
    World.Execution second =
        world.start(
            world.published.stream()
                .filter(task -> task.taskKey().equals(first.task().taskKey()))
                .findFirst()
                .orElseThrow(),
            worker);
    world.fail(second, FailureCode.INTERNAL);
    assertThat(backoff(first)).as("80 minutes are too many").isBetween(minutes(45), minutes(75));

    world.submit(
        Specs.withPolicy(
            "f", "{\"cache\": false, \"retry\": {\"maxAttempts\": 2, \"backoff\": \"PT9H\"}}"));
    world.published.clear();
    world.pass(World.SETTINGS.dispatch().plusSeconds(1));
    world.presence(worker, Optional.empty(), true);
    World.Execution other = world.start(worker);
    world.fail(other, FailureCode.INTERNAL);
    assertThat(backoff(other)).isLessThanOrEqualTo(minutes(75));
  }

  private Duration backoff(World.Execution execution) {
    return Duration.between(world.time, world.task(execution).notBefore().orElseThrow());
  }

  private static Duration minutes(int count) {
    return Duration.ofMinutes(count);
  }

  @Test
  void aFailureAfterTheCancellingButBeforeTheTaskIsWithdrawnHasNoBudgetLeft() {
    String id = world.submit(Specs.withPolicy("e", "{\"retry\": {\"maxAttempts\": 5}}"));
    World.Execution execution = world.start(world.worker());
    unsettled(new Command.CancelExperiment(world.id(), world.time, id));
    world.apply(
        new Input.Received(
            new Report.Failed(
                world.time,
                execution.task().taskKey(),
                1,
                execution.id(),
                FailureCode.INTERNAL,
                "m",
                List.of()),
            world.time));
    assertThat(world.task(execution).state()).isEqualTo(TaskState.FAILED);
    world.settle();
    assertThat(world.progress(id).state()).isEqualTo(ExperimentState.CANCELLED);
  }

  @Test
  void aRetryThatIsCancelledBeforeItsTurnBeginsNothing() {
    String id = world.submit(Specs.withPolicy("e", "{\"retry\": {\"maxAttempts\": 1}}"));
    World.Execution execution = world.start(world.worker());
    world.fail(execution, FailureCode.INTERNAL);
    unsettled(new Command.RetryFailed(world.id(), world.time, id));
    unsettled(new Command.CancelExperiment(world.id(), world.time, id));
    world.settle();
    assertThat(world.task(execution).state()).isEqualTo(TaskState.FAILED);
    assertThat(world.task(execution).generation()).isEqualTo(1);
    assertThat(world.state.experiment(id).orElseThrow().retryAt()).isEmpty();
  }

  @Test
  void cancellingWhileAnEarlierResultIsLookedUpLeavesTheResult() {
    String first = world.submit(Specs.spec("e"));
    world.drain(world.worker());
    world.storeAnswers = false;
    String second = world.submit(Specs.spec("f"));
    Set<Explanation.Code> codes = new HashSet<>();
    world
        .tasks(second)
        .forEach(
            task ->
                world
                    .explain(task.key())
                    .orElseThrow()
                    .reasons()
                    .forEach(reason -> codes.add(reason.code())));
    assertThat(codes).contains(Explanation.Code.CHECKING);
    world.cancel(second);
    assertThat(world.tasks(second)).allMatch(task -> task.state() == TaskState.SUCCEEDED);
    assertThat(world.tasks(second))
        .allMatch(
            task ->
                world.state.taskState(task.key(), second).equals(Optional.of(TaskState.CANCELLED)));
    assertThat(world.progress(first).state()).isEqualTo(ExperimentState.SUCCEEDED);
    world.storeAnswers = true;
    world.settle();
    assertThat(world.progress(second).state()).isEqualTo(ExperimentState.CANCELLED);
  }

  @Test
  void whatTheStoreIsAskedOfAnEarlierResultLeavesLogAndCheckpointsOut() {
    world.submit(Specs.spec("e"));
    UUID worker = world.worker();
    world.drainTo(worker, TaskKind.FINETUNE);
    World.Execution finetune = world.start(worker);
    Report.Succeeded success = world.success(finetune);
    List<Artifact> files = new ArrayList<>(success.artifacts());
    files.add(Specs.file(ArtifactKind.LOG, "log.txt"));
    files.add(Specs.file(ArtifactKind.CHECKPOINT, "checkpoint-5.safetensors"));
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
    world.presence(worker, Optional.empty(), true);
    world.drain(worker);
    world.storeAnswers = false;
    world.submit(Specs.spec("f"));
    Check check =
        world.checks.stream()
            .filter(open -> open.taskKey().equals(success.taskKey()))
            .findFirst()
            .orElseThrow();
    assertThat(check.artifacts()).containsExactlyElementsOf(success.artifacts());
  }

  @Test
  void backoffsEndInChunks() {
    world.submit(
        Specs.spec(
            "e",
            "{\"sampling.steps\": [3, 4, 5]}",
            Specs.ONE_SEED,
            "{\"retry\": {\"maxAttempts\": 3, \"backoff\": \"PT10S\"}}"));
    List<UUID> workers = List.of(world.worker(), world.worker(), world.worker());
    List<World.Execution> executions = workers.stream().map(world::start).toList();
    executions.forEach(execution -> world.fail(execution, FailureCode.INTERNAL));
    Set<String> failed = new HashSet<>();
    executions.forEach(execution -> failed.add(execution.task().taskKey()));
    world.decider =
        new Decider(
            new Settings(
                Duration.ofSeconds(30),
                Duration.ofHours(1),
                Duration.ofSeconds(30),
                Duration.ofHours(1),
                Duration.ofDays(7),
                3,
                500,
                1));
    world.time = world.time.plusSeconds(60);
    long left = 3;
    for (int tick = 0; tick < 3; tick++) {
      assertThat(world.apply(new Input.Tick(world.time, false)).more()).isTrue();
      left--;
      assertThat(failed)
          .filteredOn(key -> world.state.task(key).orElseThrow().state() == TaskState.PENDING)
          .hasSize((int) left);
    }
  }

  @Test
  void aTaskThatBacksOffWaitsOnWhenWhatItNeedsIsMadeAgain() {
    world.submit(
        Specs.withPolicy("e", "{\"retry\": {\"maxAttempts\": 3, \"backoff\": \"PT10S\"}}"));
    UUID worker = world.worker();
    world.drainTo(worker, TaskKind.EVALUATE);
    World.Execution evaluation = world.start(worker);
    String needed = world.task(evaluation).dependsOn().get(0);
    world.fail(evaluation, FailureCode.INTERNAL);
    // Another experiment wants the result that it needs, which is gone.
    world.stored = file -> false;
    world.submit(Specs.spec("f"));
    assertThat(world.state.task(needed).orElseThrow().generation()).isEqualTo(2);
    world.stored = file -> true;
    world.pass(Duration.ofSeconds(60));
    TaskRecord waits = world.task(evaluation);
    assertThat(waits.state()).isEqualTo(TaskState.PENDING);
    assertThat(waits.notBefore()).isEmpty();
    assertThat(world.explain(waits.key()).orElseThrow().reasons().get(0).code())
        .isEqualTo(Explanation.Code.DEPENDENCY);
    world.presence(worker, Optional.empty(), true);
    world.drain(worker);
    assertThat(world.task(evaluation).state()).isEqualTo(TaskState.SUCCEEDED);
  }

  /** An experiment whose reference was made, was gone for another, and is being made again. */
  private String waitingForWhatIsMadeAgain(UUID worker) {
    String id = world.submit(Specs.spec("e"));
    world.drainTo(worker, TaskKind.EVALUATE);
    world.stored = file -> false;
    String other = world.submit(Specs.spec("f"));
    world.stored = file -> true;
    assertThat(world.progress(id).tasks()).containsEntry(TaskState.FAILED, 0);
    assertThat(world.tasks(id).filter(task -> task.generation() == 2)).isNotEmpty();
    return other;
  }

  @Test
  void whatIsMadeAgainForACancelledExperimentIsMadeForThoseThatNeedIt() {
    UUID worker = world.worker();
    String other = waitingForWhatIsMadeAgain(worker);
    world.cancel(other);
    world.drain(worker);
    assertThat(world.state.experiments(Optional.empty(), 9))
        .extracting(experiment -> world.progress(experiment.id()).state())
        .containsExactly(ExperimentState.CANCELLED, ExperimentState.SUCCEEDED);
  }

  @Test
  void aRetryMakesWhatFailedWhenItWasMadeAgainForAnother() {
    UUID worker = world.worker();
    String other = waitingForWhatIsMadeAgain(worker);
    TaskMessage again =
        world.published.stream()
            .filter(message -> message.kind() == TaskKind.REFERENCE)
            .findFirst()
            .orElseThrow();
    world.published.remove(again);
    world.fail(world.start(again, worker), FailureCode.BAD_INPUT);
    world.drain(worker);
    String id =
        world.state.experiments(Optional.empty(), 9).stream()
            .map(experiment -> experiment.id())
            .filter(each -> !each.equals(other))
            .findFirst()
            .orElseThrow();
    assertThat(world.progress(id).state()).isEqualTo(ExperimentState.FAILED);
    assertThat(world.outcome(new Command.RetryFailed(world.id(), world.time, id)).accepted())
        .isTrue();
    world.drain(worker);
    assertThat(world.progress(id).state()).isEqualTo(ExperimentState.SUCCEEDED);
  }

  @Test
  void moreExperimentsThanPlansAreKept() {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 18; i++) {
      all.add(world.submit(Specs.spec("e" + i, "{}", "[" + i + "]", "{}")));
    }
    UUID worker = world.worker();
    world.drain(worker);
    assertThat(all).allMatch(id -> world.progress(id).state() == ExperimentState.SUCCEEDED);
  }

  @Test
  void foldingWhatIsThereAgainChangesNothing() {
    world.submit(Specs.spec("e"));
    UUID worker = world.worker();
    world.drainTo(worker, TaskKind.EVALUATE);
    String before = StateText.of(world.state);
    world.state.records().toList().forEach(world.state::replay);
    assertThat(StateText.of(world.state)).isEqualTo(before);
  }

  @Test
  void nothingIsSeenOfWhatIsNotThere() {
    OrchestratorState state = new OrchestratorState();
    assertThat(state.tasks("none", Optional.empty(), 9)).isEmpty();
    assertThat(state.progress("none")).isEmpty();
    assertThat(state.trialKeys("none", 0)).isEmpty();
    assertThat(state.endedAt("none")).isEmpty();
    assertThat(state.experiments(Optional.of("none"), 9)).isEmpty();
    assertThat(new Explanations(state, World.SETTINGS, world.time).task("none")).isEmpty();
    assertThat(state.queueDepth("cpu")).isEqualTo(new OrchestratorState.QueueDepth(0, 0));
    state.replay(StateRecord.noLease("none"));
    state.replay(StateRecord.noClaim("none"));
    assertThat(state.taskCount()).isZero();
  }

  @Test
  void aTrialOfAnOpenExperimentIsBegunPendingOrCancelled() {
    String id = world.submit(Specs.spec("e"));
    UUID worker = world.worker();
    world.drainTo(worker, TaskKind.FINETUNE);
    World.Execution finetune = world.start(worker);
    Results results = new Results(world.state);
    assertThat(results.trials(id, 0, 9).get(0).state()).isEqualTo(TaskState.RUNNING);
    world.succeed(finetune);
    world.presence(worker, Optional.empty(), true);
    while (!world.published.isEmpty()) {
      world.succeed(world.start(worker));
      world.presence(worker, Optional.empty(), true);
    }
    assertThat(results.trials(id, 0, 9).get(0).state()).isEqualTo(TaskState.SUCCEEDED);
    String again = world.submit(Specs.spec("f"));
    assertThat(new Results(world.state).trials(again, 0, 9).get(0).state())
        .isEqualTo(TaskState.CACHED);

    Command.SubmitExperiment unplanned =
        new Command.SubmitExperiment(
            world.id(), world.time, "me", Specs.spec("g", "{}", "[7]", "{\"cache\": false}"));
    unsettled(unplanned);
    String third = world.state.outcome(unplanned.commandId()).orElseThrow().subject();
    assertThat(new Results(world.state).trials(third, 0, 9).get(0).state())
        .isEqualTo(TaskState.PENDING);
    unsettled(new Command.CancelExperiment(world.id(), world.time, third));
    assertThat(new Results(world.state).trials(third, 0, 9).get(0).state())
        .isEqualTo(TaskState.CANCELLED);
  }

  @Test
  void aDryRunSaysWhatCachedJoinedAndRefusedMean() {
    String id = world.submit(Specs.spec("e"));
    PlanPreview joined =
        Previews.plan(
            Specs.spec("f"), Optional.of(new Lineage(Lineage.Kind.CLONES, id)), world.state);
    assertThat(joined.problems()).isEmpty();
    assertThat(joined.byKind().get(TaskKind.FINETUNE)).isEqualTo(new PlanPreview.Counts(0, 0, 1));
    world.cancel(id);
    assertThat(Previews.plan(Specs.spec("f"), world.state).byKind().get(TaskKind.FINETUNE))
        .as("a cancelled task is begun anew")
        .isEqualTo(new PlanPreview.Counts(1, 0, 0));
    assertThat(Previews.plan(Specs.spec("f"), new OrchestratorState()).problems())
        .as("no inputs")
        .isNotEmpty()
        .allMatch(problem -> problem.expected().orElseThrow().contains("there is none yet"));
    assertThat(
            Previews.plan(
                    Specs.spec("f"),
                    Optional.of(new Lineage(Lineage.Kind.EXTENDS, "none-12345678")),
                    world.state)
                .problems())
        .isEmpty();
  }

  @Test
  void anEmptyDecisionHasNothingToWrite() {
    assertThat(world.apply(new Input.Tick(world.time, true)).isEmpty()).isTrue();
    world.submit(Specs.spec("e"));
    Decision presence =
        world.apply(
            new Input.Received(
                new Report.Presence(
                    world.time, world.id(), "cpu", "cpu", 1, Map.of(), Optional.empty(), true),
                world.time));
    assertThat(presence.isEmpty()).isFalse();
    UUID drained = world.worker();
    Decision order = unsettled(new Command.DrainWorker(world.id(), Instant.EPOCH, drained, true));
    assertThat(order.orders()).hasSize(1);
    assertThat(order.isEmpty()).isFalse();
  }
}
