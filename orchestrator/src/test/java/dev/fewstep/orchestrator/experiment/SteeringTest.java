package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.TaskRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Pause, resume, retry and another policy: what each changes, and that repeating changes nothing.
 */
class SteeringTest {
  private static final String ONE_TRY = "{\"retry\": {\"maxAttempts\": 1}}";

  private final World world = new World().withInputs();

  private OutcomeRecord pause(String experiment, boolean handBack) {
    return world.outcome(new Command.PauseExperiment(world.id(), world.time, experiment, handBack));
  }

  private OutcomeRecord resume(String experiment) {
    return world.outcome(new Command.ResumeExperiment(world.id(), world.time, experiment));
  }

  private OutcomeRecord retry(String experiment) {
    return world.outcome(new Command.RetryFailed(world.id(), world.time, experiment));
  }

  private OutcomeRecord change(
      String experiment, Optional<Integer> priority, Optional<Integer> maxParallel) {
    return world.outcome(
        new Command.ChangePolicy(world.id(), world.time, experiment, priority, maxParallel));
  }

  private ExperimentRecord experiment(String id) {
    return world.state.experiment(id).orElseThrow();
  }

  private ExperimentState where(String id) {
    return world.progress(id).state();
  }

  @Test
  void everyCommandAboutAnExperimentThatIsNotThereIsRejectedWithTheNearestName() {
    String there = world.submit(Specs.spec("e"));
    String typo = "f" + there.substring(1);
    List<Function<UUID, Command>> commands =
        List.of(
            id -> new Command.CancelExperiment(id, world.time, typo),
            id -> new Command.PauseExperiment(id, world.time, typo, false),
            id -> new Command.ResumeExperiment(id, world.time, typo),
            id -> new Command.RetryFailed(id, world.time, typo),
            id -> new Command.ChangePolicy(id, world.time, typo, Optional.of(1), Optional.empty()));
    for (Function<UUID, Command> command : commands) {
      OutcomeRecord outcome = world.outcome(command.apply(world.id()));
      assertThat(outcome.accepted()).isFalse();
      assertThat(outcome.reason()).isEqualTo("there is no experiment " + typo);
      assertThat(outcome.problems().get(0).nearest()).contains(there);
    }
  }

  @Test
  void aRepeatedCommandHasItsOutcomeAndChangesNothing() {
    String experiment = world.submit(Specs.spec("e"));
    Command.PauseExperiment command =
        new Command.PauseExperiment(world.id(), world.time, experiment, false);
    OutcomeRecord outcome = world.outcome(command);
    resume(experiment);
    world.time = world.time.plusSeconds(9);
    assertThat(world.outcome(command)).isEqualTo(outcome);
    assertThat(where(experiment)).as("it is not paused again").isEqualTo(ExperimentState.RUNNING);
  }

  @Test
  void aPausedExperimentIsPlannedButNothingOfItIsStarted() {
    String steps =
        IntStream.rangeClosed(1, 600).mapToObj(Integer::toString).collect(Collectors.joining(","));
    Command.SubmitExperiment submit =
        new Command.SubmitExperiment(
            world.id(),
            world.time,
            "me",
            Specs.spec("e", "{\"sampling.steps\": [" + steps + "]}", Specs.ONE_SEED, "{}"));
    world.apply(new Input.Received(submit, world.time));
    String experiment = world.state.outcome(submit.commandId()).orElseThrow().subject();
    assertThat(where(experiment)).isEqualTo(ExperimentState.PLANNING);
    assertThat(pause(experiment, false).accepted()).isTrue();
    assertThat(where(experiment)).isEqualTo(ExperimentState.PAUSED);
    assertThat(world.progress(experiment).planned()).isEqualTo(600);

    UUID worker = world.worker();
    assertThat(world.published).isEmpty();
    assertThat(resume(experiment).accepted()).isTrue();
    assertThat(world.published).hasSize(1);
    assertThat(where(experiment)).isEqualTo(ExperimentState.RUNNING);
    world.succeed(world.start(worker));
  }

  @Test
  void pausingTwiceKeepsTheFirstTimeAndResumingTwiceIsNoError() {
    String experiment = world.submit(Specs.spec("e"));
    pause(experiment, false);
    Optional<Instant> since = experiment(experiment).pausedAt();
    world.pass(Duration.ofMinutes(1));
    assertThat(pause(experiment, false).accepted()).isTrue();
    assertThat(experiment(experiment).pausedAt()).isEqualTo(since);
    world.restart();
    assertThat(where(experiment)).as("a new leader knows").isEqualTo(ExperimentState.PAUSED);
    assertThat(resume(experiment).accepted()).isTrue();
    assertThat(resume(experiment).accepted()).isTrue();
    assertThat(experiment(experiment).pausedAt()).isEmpty();
  }

  @Test
  void whatEndedIsNeitherPausedNorResumed() {
    String done = world.submit(Specs.spec("e"));
    world.drain(world.worker());
    assertThat(pause(done, false).reason()).contains("is SUCCEEDED").contains("left to pause");
    assertThat(resume(done).reason()).contains("is SUCCEEDED").contains("waits to be resumed");
    String gone = world.submit(Specs.spec("f", "{\"sampling.steps\": [7]}", "[9]", "{}"));
    pause(gone, false);
    world.cancel(gone);
    assertThat(where(gone)).isEqualTo(ExperimentState.CANCELLED);
    assertThat(resume(gone).reason()).contains("is CANCELLED");
  }

  @Test
  void whatRanWhenItWasPausedMayEndAndThePauseIsOverWithTheLastTask() {
    String experiment = world.submit(Specs.spec("e"));
    UUID worker = world.worker();
    World.Execution first = world.start(worker);
    assertThat(pause(experiment, false).tasks()).isZero();
    assertThat(world.control.get(first.task().taskKey()).release()).isFalse();
    world.succeed(first);
    assertThat(world.task(first).state()).isEqualTo(TaskState.SUCCEEDED);
    assertThat(world.published).as("but nothing more is started").isEmpty();

    resume(experiment);
    while (world.progress(experiment).tasks().get(TaskState.SUCCEEDED) < 6) {
      world.succeed(world.start(worker));
    }
    World.Execution last = world.start(worker);
    pause(experiment, false);
    world.succeed(last);
    assertThat(where(experiment)).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(resume(experiment).accepted()).as("its pause may be taken back").isTrue();
    assertThat(experiment(experiment).paused()).isFalse();
  }

  @Test
  void handingBackIsAskedOfWhatNobodyElseWantsAndIsFree() {
    String paused = world.submit(Specs.spec("e", "{\"sampling.steps\": [3, 4]}", "[1]", "{}"));
    UUID one = world.worker();
    UUID two = world.worker();
    world.drainTo(one, TaskKind.FINETUNE);
    World.Execution alone = world.start(one);
    String shared = alone.task().taskKey();
    while (world.published.getFirst().kind() != TaskKind.FINETUNE) {
      world.succeed(world.start(two));
    }
    World.Execution both = world.start(two);
    int steps = both.task().spec().path("sampling").path("steps").asInt();
    world.submit(Specs.spec("f", "{\"sampling.steps\": [" + steps + "]}", "[1]", "{}"));

    OutcomeRecord outcome = pause(paused, true);
    assertThat(outcome.tasks()).isEqualTo(1);
    ControlMessage asked = world.control.get(shared);
    assertThat(asked.release()).isTrue();
    assertThat(asked.stop()).isFalse();
    assertThat(asked.executionId()).contains(alone.id());
    assertThat(world.control.get(both.task().taskKey()).release()).isFalse();
    assertThat(pause(paused, true).tasks()).as("it is asked once").isZero();

    world.checkpoint(alone, 20);
    world.release(alone);
    TaskRecord back = world.task(alone);
    assertThat(back.state()).isEqualTo(TaskState.QUEUED);
    assertThat(back.charged()).isZero();
    world.presence(one, Optional.empty(), true);
    assertThat(world.published).noneMatch(task -> task.taskKey().equals(shared));
    resume(paused);
    while (!world.published.getLast().taskKey().equals(shared)) {
      world.succeed(world.start(one));
    }
    assertThat(world.published)
        .filteredOn(task -> task.taskKey().equals(shared))
        .singleElement()
        .satisfies(task -> assertThat(task.checkpoint().orElseThrow().name()).contains("-20."));
  }

  @Test
  void aSharedTaskRunsForTheExperimentThatIsNotPaused() {
    String paused = world.submit(Specs.spec("e"));
    pause(paused, true);
    String live = world.submit(Specs.spec("f"));
    world.drain(world.worker());
    assertThat(where(live)).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(where(paused)).isEqualTo(ExperimentState.SUCCEEDED);
  }

  @Test
  void whatIsPublishedWhenTheLastLiveExperimentGoesIsHeld() {
    String paused = world.submit(Specs.spec("e"));
    String live = world.submit(Specs.spec("f"));
    pause(paused, false);
    UUID worker = world.worker();
    String key = world.published.getFirst().taskKey();
    world.cancel(live);
    TaskRecord held = world.state.task(key).orElseThrow();
    assertThat(held.state()).isEqualTo(TaskState.QUEUED);
    assertThat(held.published()).isFalse();
    world.start(worker);
    assertThat(world.state.task(key).orElseThrow().state()).isEqualTo(TaskState.QUEUED);
  }

  @Test
  void aRetryBeginsWhatFailedAndWhatFailedThroughIt() {
    String experiment = world.submit(Specs.withPolicy("e", ONE_TRY));
    UUID worker = world.worker();
    world.drainTo(worker, TaskKind.FINETUNE);
    World.Execution finetune = world.start(worker);
    world.fail(finetune, FailureCode.OUT_OF_MEMORY);
    world.drain(worker);
    assertThat(where(experiment)).isEqualTo(ExperimentState.FAILED);
    assertThat(world.progress(experiment).tasks().get(TaskState.FAILED)).isEqualTo(2);

    OutcomeRecord outcome = retry(experiment);
    assertThat(outcome.accepted()).isTrue();
    assertThat(outcome.tasks()).isEqualTo(2);
    assertThat(experiment(experiment).retryAt()).isEmpty();
    assertThat(world.task(finetune).generation()).isEqualTo(2);
    assertThat(where(experiment)).isEqualTo(ExperimentState.RUNNING);
    world.presence(worker, Optional.empty(), true);
    world.drain(worker);
    assertThat(where(experiment)).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(retry(experiment).tasks()).as("nothing is left to retry").isZero();
  }

  @Test
  void whatFailsAgainStaysFailedUntilItIsAskedForAgain() {
    String experiment = world.submit(Specs.withPolicy("e", ONE_TRY));
    UUID worker = world.worker();
    for (int generation = 1; generation <= 3; generation++) {
      world.drainTo(worker, TaskKind.FINETUNE);
      World.Execution finetune = world.start(worker);
      assertThat(world.task(finetune).generation()).isEqualTo(generation);
      world.fail(finetune, FailureCode.NOT_FINITE);
      world.pass(Duration.ofSeconds(1));
      world.presence(worker, Optional.empty(), true);
      world.drain(worker);
      assertThat(where(experiment)).isEqualTo(ExperimentState.FAILED);
      assertThat(world.published).isEmpty();
      assertThat(retry(experiment).tasks()).isEqualTo(2);
    }
  }

  @Test
  void aRetryOfManyTasksIsDecidedInChunksAndSurvivesALeader() {
    String steps =
        IntStream.rangeClosed(1, 700).mapToObj(Integer::toString).collect(Collectors.joining(","));
    String experiment =
        world.submit(
            Specs.spec("e", "{\"sampling.steps\": [" + steps + "]}", Specs.ONE_SEED, ONE_TRY));
    UUID worker = world.worker();
    while (!world.published.isEmpty()) {
      World.Execution execution = world.start(worker);
      if (execution.task().kind() == TaskKind.REFERENCE) {
        world.fail(execution, FailureCode.BAD_INPUT);
      } else {
        world.succeed(execution);
      }
      world.presence(worker, Optional.empty(), true);
    }
    int failed = world.progress(experiment).tasks().get(TaskState.FAILED);
    assertThat(failed).isGreaterThan(1400);

    Command.RetryFailed command = new Command.RetryFailed(world.id(), world.time, experiment);
    world.apply(new Input.Received(command, world.time));
    world.apply(new Input.Tick(world.time, false));
    assertThat(world.progress(experiment).tasks().get(TaskState.FAILED)).isPositive();
    world.restart();
    assertThat(world.progress(experiment).tasks().get(TaskState.FAILED)).isZero();
    assertThat(world.state.outcome(command.commandId()).orElseThrow().tasks()).isEqualTo(failed);
    assertThat(experiment(experiment).retryAt()).isEmpty();
  }

  @Test
  void aRetryLeavesOthersThatShareTheFailureWhatTheyWere() {
    String first = world.submit(Specs.withPolicy("a", ONE_TRY));
    String second = world.submit(Specs.withPolicy("b", ONE_TRY));
    UUID worker = world.worker();
    world.drainTo(worker, TaskKind.FINETUNE);
    world.fail(world.start(worker), FailureCode.NOT_FINITE);
    world.drain(worker);
    retry(first);
    assertThat(where(second)).isEqualTo(ExperimentState.FAILED);
    world.presence(worker, Optional.empty(), true);
    world.drain(worker);
    assertThat(where(first)).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(where(second)).isEqualTo(ExperimentState.FAILED);
    // What failed as it sees it has a result by now: that serves.
    assertThat(retry(second).tasks()).isEqualTo(2);
    assertThat(where(second)).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(world.progress(second).tasks().get(TaskState.CACHED)).isEqualTo(2);
  }

  @Test
  void aRetryBeginsWhatItNeedsToo() {
    // The finetune's experiment failed; another one began the same tasks anew and was cancelled.
    String first = world.submit(Specs.withPolicy("a", ONE_TRY));
    UUID worker = world.worker();
    world.drainTo(worker, TaskKind.FINETUNE);
    world.fail(world.start(worker), FailureCode.NOT_FINITE);
    world.drain(worker);
    String second = world.submit(Specs.withPolicy("b", ONE_TRY));
    world.cancel(second);
    world.published.clear();
    assertThat(retry(first).tasks()).isEqualTo(2);
    world.presence(worker, Optional.empty(), true);
    world.pass(World.SETTINGS.dispatch().plusSeconds(1));
    world.presence(worker, Optional.empty(), true);
    world.drain(worker);
    assertThat(where(first)).isEqualTo(ExperimentState.SUCCEEDED);
  }

  @Test
  void whatWasCancelledOrCannotBePlannedIsNotRetried() {
    String gone = world.submit(Specs.spec("e"));
    world.cancel(gone);
    assertThat(retry(gone).reason()).contains("CANCELLED").contains("clone it");
    String none =
        world.submit(
            Specs.spec(
                "e", "{\"loss.mmdBatch\": [64, 8], \"loss.microBatch\": [16]}", "[1]", "{}"));
    assertThat(retry(none).reason()).contains("cannot be planned").contains("microBatch");
    assertThat(change(none, Optional.of(3), Optional.empty()).reason()).contains("is FAILED");
  }

  @Test
  void anotherPolicyCountsAtOnceAndOnlyWhenItIsOne() {
    String experiment =
        world.submit(Specs.spec("e", "{\"sampling.steps\": [3, 4, 5]}", "[1]", "{}"));
    assertThat(change(experiment, Optional.of(100), Optional.of(1)).accepted()).isTrue();
    assertThat(experiment(experiment).currentPriority()).isEqualTo(100);
    world.worker();
    world.worker();
    assertThat(world.published).as("one task at once").hasSize(1);
    assertThat(change(experiment, Optional.empty(), Optional.of(0)).accepted()).isTrue();
    assertThat(world.published).hasSize(2);
    assertThat(experiment(experiment).currentPriority()).isEqualTo(100);

    for (OutcomeRecord refused :
        List.of(
            change(experiment, Optional.of(101), Optional.empty()),
            change(experiment, Optional.of(-1), Optional.empty()),
            change(experiment, Optional.empty(), Optional.of(-1)),
            change(experiment, Optional.empty(), Optional.empty()))) {
      assertThat(refused.accepted()).isFalse();
      assertThat(refused.problems()).hasSize(1);
      assertThat(refused.problems().get(0).expected()).isPresent();
    }
    ExperimentRecord before = experiment(experiment);
    assertThat(change(experiment, Optional.of(100), Optional.of(0)).accepted()).isTrue();
    assertThat(experiment(experiment)).isSameAs(before);
  }
}
