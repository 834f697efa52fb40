package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.state.TaskFailure;
import dev.fewstep.schemas.state.TaskRecord;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** The state machine of tasks; together these tests visit every legal transition. */
class TaskLifecycleTest {
  private static final Set<Transition> VISITED = new HashSet<>();
  private static int run;

  private final World world = new World(VISITED).withInputs();

  @AfterAll
  static void everyLegalTransitionWasVisited() {
    if (run >= 23) { // not when a single test was picked
      assertThat(VISITED).containsExactlyInAnyOrderElementsOf(Transition.LEGAL);
    }
  }

  TaskLifecycleTest() {
    run++;
  }

  @Test
  void whatIsNotInTheTableIsRefused() {
    for (TaskState from : TaskState.values()) {
      for (Transition.Trigger trigger : Transition.Trigger.values()) {
        for (TaskState to : TaskState.values()) {
          Transition transition = new Transition(from, trigger, to);
          if (Transition.LEGAL.contains(transition)) {
            assertThat(Transition.require(from, trigger, to)).isEqualTo(transition);
          } else {
            assertThatThrownBy(() -> Transition.require(from, trigger, to))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(from.name());
          }
        }
      }
    }
  }

  @Test
  void aPublishedAttemptThatOnlyAPausedExperimentWantsCountsNoMore() {
    String experiment = world.submit(Specs.spec("e"));
    UUID worker = world.worker();
    TaskMessage out = world.published.removeFirst();

    world.send(new Command.PauseExperiment(world.id(), world.time, experiment, false));
    assertThat(world.control.get(out.taskKey()).attempt()).isEqualTo(out.attempt() + 1);
    world.start(out, worker);
    TaskRecord held = world.state.task(out.taskKey()).orElseThrow();
    assertThat(held.state()).as("a late start is refused").isEqualTo(TaskState.QUEUED);
    assertThat(world.published).isEmpty();

    world.presence(worker, Optional.empty(), true);
    world.send(new Command.ResumeExperiment(world.id(), world.time, experiment));
    assertThat(world.drain(worker)).isEqualTo(7);
  }

  @Test
  void anExperimentRunsFromReferencesToScores() {
    String experiment = world.submit(Specs.spec("e"));
    // Statistics in two spaces, a finetune, its evaluation, the baseline and two base evaluations.
    assertThat(world.tasks(experiment)).hasSize(7);
    assertThat(world.published).isEmpty();

    UUID worker = world.worker();
    assertThat(world.published).hasSize(1);
    assertThat(world.drain(worker)).isEqualTo(7);

    ExperimentProgress progress = world.progress(experiment);
    assertThat(progress.state()).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(progress.tasks().get(TaskState.SUCCEEDED)).isEqualTo(7);
    assertThat(world.accepted).isEqualTo(7);
  }

  @Test
  void aTaskWaitsForWhatItNeedsAndIsGivenItsArtifacts() {
    world.submit(Specs.pretraining("e"));
    UUID worker = world.worker();
    world.drainTo(worker, TaskKind.FINETUNE);
    TaskMessage finetune = world.published.getFirst();

    assertThat(finetune.inputs().keySet())
        .containsExactlyInAnyOrderElementsOf(
            finetune.typedSpec().sources().stream().map(source -> source.value()).toList());
    assertThat(finetune.inputs().values())
        .extracting(Artifact::kind)
        .containsExactlyInAnyOrder(
            ArtifactKind.WEIGHTS, ArtifactKind.DATASET, ArtifactKind.EXTRACTOR);
  }

  private Duration wait(TaskRecord task) {
    return Duration.between(world.time, task.notBefore().orElseThrow());
  }

  @Test
  void aRetryableFailureBacksOffAndDoublesUntilTheBudgetIsSpent() {
    String experiment =
        world.submit(
            Specs.withPolicy("e", "{\"retry\": {\"maxAttempts\": 3, \"backoff\": \"PT10S\"}}"));
    UUID worker = world.worker();
    World.Execution first = world.start(worker);
    assertThat(first.task().attempt()).isEqualTo(1);

    world.fail(first, FailureCode.OUT_OF_MEMORY);
    TaskRecord task = world.task(first);
    assertThat(task.state()).isEqualTo(TaskState.PENDING);
    assertThat(wait(task)).isBetween(Duration.ofMillis(7500), Duration.ofMillis(12_500));
    assertThat(task.attempt()).isEqualTo(2);

    world.drain(worker);
    world.pass(Duration.ofSeconds(13));
    world.presence(worker, Optional.empty(), true);
    World.Execution second = world.start(worker);
    assertThat(second.task().taskKey()).isEqualTo(task.key());
    world.fail(second, FailureCode.INTERNAL);
    Duration doubled = wait(world.task(first));
    assertThat(doubled).isBetween(Duration.ofSeconds(15), Duration.ofSeconds(25));
    assertThat(doubled).as("spread by task and attempt").isNotEqualTo(Duration.ofSeconds(20));

    world.pass(Duration.ofSeconds(26));
    world.presence(worker, Optional.empty(), true);
    World.Execution third = world.start(worker);
    world.fail(third, FailureCode.INTERNAL);
    assertThat(world.task(first).state()).isEqualTo(TaskState.FAILED);
    assertThat(world.progress(experiment).state()).isEqualTo(ExperimentState.FAILED);
  }

  @Test
  void aFailureThatNothingCanHelpFailsWhatDependsOnItAtOnce() {
    String experiment = world.submit(Specs.spec("e"));
    UUID worker = world.worker();
    world.drainTo(worker, TaskKind.FINETUNE);
    World.Execution finetune = world.start(worker);
    world.fail(finetune, FailureCode.NOT_FINITE);

    assertThat(world.task(finetune).failure().orElseThrow().cause())
        .isEqualTo(TaskFailure.Cause.REPORTED);
    TaskRecord evaluation =
        world
            .tasks(experiment)
            .filter(task -> task.dependsOn().contains(finetune.task().taskKey()))
            .findFirst()
            .orElseThrow();
    assertThat(evaluation.state()).isEqualTo(TaskState.FAILED);
    assertThat(evaluation.failure().orElseThrow().cause()).isEqualTo(TaskFailure.Cause.DEPENDENCY);
    assertThat(evaluation.failure().orElseThrow().message()).contains("FINETUNE", "it broke");
    assertThat(world.progress(experiment).state()).isEqualTo(ExperimentState.RUNNING);
    world.drain(worker);
    assertThat(world.progress(experiment).state()).isEqualTo(ExperimentState.FAILED);
  }

  @Test
  void aLostLeaseGivesAnotherAttemptThatResumesAndIsNotCharged() {
    world.submit(Specs.withPolicy("e", "{\"retry\": {\"maxAttempts\": 1}}"));
    World.Execution lost = world.start(world.worker());
    world.heartbeat(lost, 5);
    Artifact checkpoint = world.checkpoint(lost, 10);

    world.pass(World.SETTINGS.lease().plusSeconds(1));
    TaskRecord task = world.task(lost);
    assertThat(task.state()).isEqualTo(TaskState.QUEUED);
    assertThat(task.charged()).isZero();
    assertThat(world.control.get(task.key()).attempt()).isEqualTo(2);
    assertThat(world.control.get(task.key()).executionId()).isEmpty();

    UUID other = world.worker();
    TaskMessage again =
        world.published.stream()
            .filter(t -> t.taskKey().equals(task.key()))
            .findFirst()
            .orElseThrow();
    assertThat(again.attempt()).isEqualTo(2);
    assertThat(again.checkpoint()).contains(checkpoint);
    World.Execution second = world.start(again, other);
    assertThat(world.control.get(task.key()).executionId()).contains(second.id());
  }

  @Test
  void heartbeatsCheckpointsAndPresenceKeepTheLease() {
    world.submit(Specs.spec("e"));
    UUID worker = world.worker();
    World.Execution execution = world.start(worker);
    Duration most = World.SETTINGS.lease().minusSeconds(1);
    world.pass(most);
    world.heartbeat(execution, 1);
    world.pass(most);
    world.checkpoint(execution, 2);
    world.pass(most);
    world.presence(worker, Optional.of(execution.id()), true);
    world.pass(most);
    assertThat(world.task(execution).state()).isEqualTo(TaskState.RUNNING);
    assertThat(world.task(execution).attempt()).isEqualTo(1);
  }

  @Test
  void nothingIsJudgedWhileTheInboxLagsNorRightAfterAnElection() {
    world.submit(Specs.spec("e"));
    World.Execution execution = world.start(world.worker());
    world.time = world.time.plus(Duration.ofHours(1));
    world.apply(new Input.Tick(world.time, true));
    assertThat(world.task(execution).state()).isEqualTo(TaskState.RUNNING);

    world.restart();
    assertThat(world.task(execution).state()).isEqualTo(TaskState.RUNNING);
    world.pass(World.SETTINGS.lease().minusSeconds(1));
    assertThat(world.task(execution).state()).isEqualTo(TaskState.RUNNING);
    world.pass(Duration.ofSeconds(2));
    assertThat(world.task(execution).state()).isEqualTo(TaskState.QUEUED);
  }

  @Test
  void threeSilentLossesInARowArePoisonButProgressForgives() {
    world.submit(Specs.spec("e"));
    World.Execution first = world.start(world.worker());
    String key = first.task().taskKey();
    lose(first);
    World.Execution second = restart(key);
    lose(second);
    World.Execution third = restart(key);
    world.heartbeat(third, 7); // further than ever
    lose(third);
    assertThat(world.state.task(key).orElseThrow().losses()).isZero();
    for (int i = 0; i < 3; i++) {
      assertThat(world.state.task(key).orElseThrow().state()).isNotEqualTo(TaskState.FAILED);
      World.Execution next = restart(key);
      world.heartbeat(next, 7); // no further than before
      lose(next);
    }
    TaskRecord task = world.state.task(key).orElseThrow();
    assertThat(task.state()).isEqualTo(TaskState.FAILED);
    assertThat(task.failure().orElseThrow().cause()).isEqualTo(TaskFailure.Cause.POISON);
  }

  private void lose(World.Execution execution) {
    world.pass(World.SETTINGS.lease().plusSeconds(1));
    assertThat(world.state.lease(execution.task().taskKey())).isEmpty();
  }

  private World.Execution restart(String key) {
    world.published.clear();
    UUID worker = world.worker();
    TaskMessage task = world.published.removeFirst();
    assertThat(task.taskKey()).as("the oldest task is first in line").isEqualTo(key);
    return world.start(task, worker);
  }

  @Test
  void aPublishedTaskThatNobodyStartsIsPublishedAgainWithTheSameAttempt() {
    world.submit(Specs.spec("e"));
    UUID worker = world.worker();
    TaskMessage first = world.published.removeFirst();
    world.pass(World.SETTINGS.dispatch().plusSeconds(1));
    world.presence(worker, Optional.empty(), true);
    TaskMessage again = world.published.removeFirst();
    assertThat(again.taskKey()).isEqualTo(first.taskKey());
    assertThat(again.attempt()).isEqualTo(first.attempt());

    World.Execution holder = world.start(again, worker);
    World.Execution late = world.start(first, world.worker());
    assertThat(world.task(holder).executionId()).contains(holder.id());
    assertThat(world.control.get(first.taskKey()).executionId()).contains(holder.id());
    assertThat(late.id()).isNotEqualTo(holder.id());
  }

  @Test
  void aDrainedWorkerHandsBackAndIsNotCharged() {
    world.submit(Specs.withPolicy("e", "{\"retry\": {\"maxAttempts\": 1}}"));
    UUID worker = world.worker();
    World.Execution execution = world.start(worker);
    world.presence(worker, Optional.of(execution.id()), false);
    world.release(execution);
    assertThat(world.task(execution).state()).isEqualTo(TaskState.QUEUED);
    assertThat(world.task(execution).attempt()).isEqualTo(2);
    assertThat(world.task(execution).charged()).isZero();
    assertThat(world.published).as("the worker accepts nothing more").isEmpty();
  }

  @Test
  void theFirstVerifiedSuccessOfAnyAttemptWins() {
    world.submit(Specs.spec("e"));
    World.Execution old = world.start(world.worker());
    Report.Succeeded late = world.success(old);
    world.pass(World.SETTINGS.lease().plusSeconds(1));
    assertThat(world.task(old).state()).isEqualTo(TaskState.QUEUED);
    world.send(late);
    assertThat(world.task(old).state()).isEqualTo(TaskState.SUCCEEDED);
    assertThat(world.task(old).result().orElseThrow().executionId()).isEqualTo(old.id());
    assertThat(world.control.get(old.task().taskKey()).stop()).isTrue();
    world.send(late);
    assertThat(world.accepted).isEqualTo(1);
  }

  @Test
  void aLateSuccessEndsABackoffAndARunningOne() {
    world.submit(Specs.spec("e"));
    UUID worker = world.worker();
    World.Execution first = world.start(worker);
    Report.Succeeded late = world.success(first);
    world.fail(first, FailureCode.INTERNAL);
    assertThat(world.task(first).state()).isEqualTo(TaskState.PENDING);
    world.send(late);
    assertThat(world.task(first).state()).isEqualTo(TaskState.SUCCEEDED);
  }

  @Test
  void aSuccessWithoutItsArtifactsIsAFailedAttempt() {
    world.submit(Specs.spec("e"));
    World.Execution execution = world.start(world.worker());
    world.stored = file -> false;
    world.succeed(execution);
    TaskRecord task = world.task(execution);
    assertThat(task.state()).isEqualTo(TaskState.PENDING);
    assertThat(task.failure().orElseThrow().cause())
        .isEqualTo(TaskFailure.Cause.INCOMPLETE_MANIFEST);
    assertThat(world.accepted).isZero();
  }

  @Test
  void anUnansweredVerificationOutlivesTheLeaseAndTheLeader() {
    world.submit(Specs.spec("e"));
    World.Execution execution = world.start(world.worker());
    world.storeAnswers = false;
    world.succeed(execution);
    world.pass(World.SETTINGS.lease().multipliedBy(3));
    assertThat(world.task(execution).state()).isEqualTo(TaskState.RUNNING);
    world.restart();
    assertThat(world.checks).hasSize(1);
    world.answer();
    assertThat(world.task(execution).state()).isEqualTo(TaskState.SUCCEEDED);
  }

  @Test
  void cancellingStopsWhatNobodyElseWants() {
    String first = world.submit(Specs.spec("a"));
    UUID worker = world.worker();
    World.Execution running = world.start(worker);
    assertThat(world.cancel(first).accepted()).isTrue();
    assertThat(world.progress(first).state()).isEqualTo(ExperimentState.CANCELLED);
    assertThat(world.task(running).state()).isEqualTo(TaskState.CANCELLED);
    assertThat(world.control.get(running.task().taskKey()).stop()).isTrue();
    assertThat(world.progress(first).tasks().get(TaskState.CANCELLED)).isEqualTo(7);

    // A success that comes after all changes nothing.
    world.succeed(running);
    assertThat(world.task(running).state()).isEqualTo(TaskState.CANCELLED);

    String again = world.submit(Specs.spec("b"));
    assertThat(world.task(running).generation()).isEqualTo(2);
    world.drain(worker);
    assertThat(world.progress(again).state()).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(world.progress(first).state()).isEqualTo(ExperimentState.CANCELLED);
    assertThat(world.progress(first).tasks().get(TaskState.CANCELLED)).isEqualTo(7);
  }

  @Test
  void cancellingSparesWhatAnotherExperimentWants() {
    String first = world.submit(Specs.spec("a"));
    String second = world.submit(Specs.spec("b"));
    assertThat(world.keys(first)).isEqualTo(world.keys(second));
    world.cancel(first);
    assertThat(world.progress(first).tasks().get(TaskState.CANCELLED)).isEqualTo(7);
    world.drain(world.worker());
    assertThat(world.progress(second).state()).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(world.accepted).isEqualTo(7);
  }

  @Test
  void anEarlierResultServesOnceItIsSeenToBeThere() {
    world.submit(Specs.spec("a"));
    world.drain(world.worker());
    world.storeAnswers = false;
    String second = world.submit(Specs.spec("b"));
    assertThat(world.progress(second).tasks().get(TaskState.PENDING)).isEqualTo(7);
    world.storeAnswers = true;
    world.settle();
    assertThat(world.progress(second).state()).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(world.progress(second).tasks().get(TaskState.CACHED)).isEqualTo(7);
    assertThat(world.published).isEmpty();
    assertThat(world.accepted).isEqualTo(7);
  }

  @Test
  void anEarlierResultThatIsGoneIsMadeAgainAndTheFirstExperimentKeepsItsOutcome() {
    String first = world.submit(Specs.spec("a"));
    UUID worker = world.worker();
    world.drain(worker);
    world.stored = file -> file.kind() != ArtifactKind.WEIGHTS;
    String second = world.submit(Specs.spec("b"));
    assertThat(world.progress(first).state()).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(world.progress(second).state()).isEqualTo(ExperimentState.RUNNING);
    world.stored = file -> true;
    assertThat(world.kinds()).containsExactly(TaskKind.FINETUNE);
    world.drain(worker);
    assertThat(world.progress(second).state()).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(world.accepted).isEqualTo(8);
  }

  @Test
  void aQueuedTaskGoesBackWhenWhatItNeedsIsMadeAgain() {
    world.submit(Specs.spec("a"));
    UUID worker = world.worker();
    world.drainTo(worker, TaskKind.EVALUATE);
    world.published.clear();
    world.stored = file -> file.kind() != ArtifactKind.STATISTICS;
    String second = world.submit(Specs.spec("b"));
    assertThat(world.progress(second).tasks().get(TaskState.QUEUED)).isEqualTo(2);
    world.stored = file -> true;
    world.pass(World.SETTINGS.dispatch().plusSeconds(1));
    world.presence(worker, Optional.empty(), true);
    world.drain(worker);
    assertThat(world.progress(second).state()).isEqualTo(ExperimentState.SUCCEEDED);
  }

  @Test
  void aTaskThatFailedIsTriedAnewForAnotherExperimentAndStaysFailedForTheFirst() {
    String first = world.submit(Specs.spec("a"));
    UUID worker = world.worker();
    world.drainTo(worker, TaskKind.FINETUNE);
    World.Execution finetune = world.start(worker);
    world.fail(finetune, FailureCode.NOT_FINITE);
    world.drain(worker);

    String second = world.submit(Specs.spec("b"));
    assertThat(world.task(finetune).generation()).isEqualTo(2);
    assertThat(world.task(finetune).attempt()).isEqualTo(2);
    assertThat(world.task(finetune).charged()).isZero();
    world.drain(worker);
    assertThat(world.progress(first).state()).isEqualTo(ExperimentState.FAILED);
    assertThat(world.progress(second).state()).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(world.progress(second).tasks().get(TaskState.CACHED)).isEqualTo(5);
  }

  @Test
  void aWorkerWithTooLittleMemoryIsNeitherWaitedForNorKept() {
    String experiment =
        world.submit(
            Specs.read(
                Json.toText(Specs.spec("e"))
                    .replace(
                        "\"deviceClass\":\"cpu\"", "\"deviceClass\":\"cpu\",\"memory\":\"2GiB\"")));
    UUID small = world.worker(); // 1 GiB
    assertThat(world.published).isEmpty();
    String waiting =
        world
            .tasks(experiment)
            .filter(task -> task.state() == TaskState.QUEUED)
            .findFirst()
            .orElseThrow()
            .key();
    assertThat(
            new Explanations(world.state, World.SETTINGS, world.time)
                .task(waiting)
                .orElseThrow()
                .reasons()
                .get(0)
                .text())
        .contains("2048 MiB", "1024 MiB");

    UUID large = world.id();
    world.presence(large, 4L << 30);
    World.Execution taken = world.start(small);
    assertThat(world.task(taken).state()).as("it waits a moment").isEqualTo(TaskState.PENDING);
    assertThat(world.control.get(taken.task().taskKey()).attempt()).isEqualTo(2);
    world.presence(small, 1L << 30);
    world.pass(Duration.ofSeconds(3));
    world.drain(large);
    assertThat(world.task(taken).result().orElseThrow().attempt()).isEqualTo(2);
  }
}
