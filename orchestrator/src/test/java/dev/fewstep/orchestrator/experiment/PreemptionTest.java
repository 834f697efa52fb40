package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.state.HandBack;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.TaskRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Running tasks that hand themselves back: to a drain, to a pause, to a higher priority. */
class PreemptionTest {
  private final World world = new World().withInputs();

  private String submit(String name, int priority, boolean preempt) {
    return world.submit(
        Specs.inProject(
            name,
            name,
            "{\"cache\": false, \"priority\": " + priority + ", \"preempt\": " + preempt + "}"));
  }

  private void withReferences() {
    world.submit(Specs.spec("references"));
    UUID worker = world.worker();
    world.drain(worker);
    world.presence(worker, Optional.empty(), false);
  }

  /** Starts tasks until every one of so many new workers runs a finetune. */
  private List<World.Execution> finetunes(int count) {
    List<World.Execution> running = new ArrayList<>();
    List<UUID> workers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      workers.add(world.worker());
    }
    for (UUID worker : workers) {
      while (world.published.getFirst().kind() != TaskKind.FINETUNE) {
        world.succeed(world.start(worker));
      }
      World.Execution execution = world.start(worker);
      world.heartbeat(execution, 10);
      running.add(execution);
    }
    return running;
  }

  private boolean asked(World.Execution execution) {
    ControlMessage control = world.control.get(execution.task().taskKey());
    return control.release() && control.executionId().equals(Optional.of(execution.id()));
  }

  private long asked(List<World.Execution> executions) {
    return executions.stream().filter(this::asked).count();
  }

  @Test
  void aTaskOfHigherPriorityGetsADeviceAndTheOtherGoesOnFreeOfCharge() {
    withReferences();
    submit("low", 10, false);
    World.Execution victim = finetunes(1).get(0);
    world.checkpoint(victim, 10);
    String urgent = submit("urgent", 80, true);
    assertThat(asked(victim)).isTrue();
    world.release(victim);
    assertThat(world.published)
        .singleElement()
        .satisfies(task -> assertThat(task.experimentId()).isEqualTo(urgent));
    TaskRecord back = world.task(victim);
    assertThat(back.state()).isEqualTo(TaskState.QUEUED);
    assertThat(back.charged()).isZero();
    assertThat(back.losses()).isZero();
    assertThat(back.handedBack().orElseThrow().cause()).isEqualTo(HandBack.Cause.PREEMPTED);
    assertThat(
            new Explanations(world.state, World.SETTINGS, world.time)
                .task(back.key())
                .orElseThrow()
                .reasons())
        .extracting(Explanation.Reason::code)
        .containsExactly(
            Explanation.Code.CREDIT, Explanation.Code.BEHIND, Explanation.Code.PREEMPTED);
    World.Execution preemptor = world.start(victim.worker());
    world.pass(Duration.ofSeconds(10));
    assertThat(asked(preemptor)).isFalse();
  }

  @Test
  void eachWaitingTaskAsksForOneDeviceAndForEachExecutionOnce() {
    withReferences();
    submit("low", 10, false);
    submit("mid", 40, false);
    List<World.Execution> running = finetunes(6);
    // Four finetunes of mid come first, then two of low.
    List<World.Execution> low =
        running.stream().filter(e -> e.task().experimentId().startsWith("low")).toList();
    assertThat(low).hasSize(2);
    world.submit(
        Specs.inProject(
            "urgent", "urgent", "{\"priority\": 80, \"preempt\": true, \"maxParallel\": 4}"));
    assertThat(asked(low)).as("lowest priority first").isEqualTo(2);
    assertThat(asked(running)).as("it may hold four devices").isEqualTo(4);
    for (int i = 0; i < 3; i++) {
      world.pass(Duration.ofSeconds(3));
      running.forEach(e -> world.heartbeat(e, 20));
      running.forEach(e -> world.presence(e.worker(), Optional.of(e.id()), true));
    }
    assertThat(asked(running)).as("and no more while they come").isEqualTo(4);
  }

  @Test
  void nobodyIsAskedWhereThePolicyDoesNotOrPrioritiesAreEqualOrAgeAloneIsHigher() {
    withReferences();
    submit("low", 10, false);
    List<World.Execution> running = finetunes(1);
    submit("modest", 80, false);
    submit("equal", 10, true);
    World.Execution one = running.get(0);
    for (int i = 0; i < 180; i++) {
      world.pass(Duration.ofSeconds(10));
      world.heartbeat(one, i + 11);
      world.presence(one.worker(), Optional.of(one.id()), true);
    }
    assertThat(asked(running)).isZero();
  }

  @Test
  void aTaskThatCannotGoOnFromACheckpointIsLeftAlone() {
    world.submit(Specs.withPolicy("low", "{\"priority\": 10}"));
    UUID worker = world.worker();
    World.Execution reference = world.start(worker);
    assertThat(reference.task().kind()).isEqualTo(TaskKind.REFERENCE);
    world.submit(Specs.withPolicy("urgent", "{\"priority\": 80, \"preempt\": true}"));
    assertThat(asked(List.of(reference))).isZero();
  }

  @Test
  void whatANonPreemptingTaskWouldGetIsNotFreedForAnotherBehindIt() {
    withReferences();
    submit("low", 10, false);
    List<World.Execution> running = finetunes(1);
    submit("first", 90, false);
    submit("urgent", 80, true);
    assertThat(asked(running)).isZero();
  }

  private OutcomeRecord drain(UUID worker, boolean drain) {
    return world.outcome(new Command.DrainWorker(world.id(), world.time, worker, drain));
  }

  @Test
  void aDrainedWorkerHandsBackAndGivesNoCredit() {
    withReferences();
    submit("e", 50, false);
    World.Execution running = finetunes(1).get(0);
    OutcomeRecord outcome = drain(running.worker(), true);
    assertThat(outcome.accepted()).isTrue();
    assertThat(outcome.tasks()).isEqualTo(1);
    assertThat(asked(running)).isTrue();
    assertThat(drain(running.worker(), true).tasks()).as("asked once").isZero();
    world.release(running);
    world.presence(running.worker(), Optional.empty(), true);
    assertThat(world.published).isEmpty();
    TaskRecord back = world.task(running);
    assertThat(back.charged()).isZero();
    assertThat(back.handedBack().orElseThrow().cause()).isEqualTo(HandBack.Cause.DRAINED);
    assertThat(drain(running.worker(), false).accepted()).isTrue();
    assertThat(world.published).hasSize(1);
    assertThat(drain(new UUID(7, 7), true).accepted()).isFalse();
  }

  @Test
  void aTaskThatADrainedWorkerTookMeanwhileIsAskedBackAtOnce() {
    withReferences();
    submit("e", 50, false);
    UUID worker = world.worker();
    drain(worker, true);
    World.Execution late = world.start(worker);
    assertThat(asked(late)).isTrue();
  }

  @Test
  void aSuccessThatIsBeingVerifiedOutlivesTheHandingBackOfAnotherExecution() {
    withReferences();
    submit("e", 50, false);
    World.Execution zombie = finetunes(1).get(0);
    world.pass(World.SETTINGS.lease().plusSeconds(1));
    UUID other = world.worker();
    while (!world.published.getFirst().taskKey().equals(zombie.task().taskKey())) {
      world.succeed(world.start(other));
    }
    World.Execution current = world.start(other);
    world.storeAnswers = false;
    world.succeed(zombie);
    world.release(current);
    world.storeAnswers = true;
    world.settle();
    assertThat(world.task(zombie).state()).isEqualTo(TaskState.SUCCEEDED);
    assertThat(world.task(zombie).result().orElseThrow().executionId()).isEqualTo(zombie.id());
  }

  @Test
  void noTaskIsAskedForADeviceThatWouldTakeNoOther() {
    withReferences();
    submit("low", 10, false);
    List<World.Execution> running = finetunes(3);
    world.presence(running.get(0).worker(), Optional.of(running.get(0).id()), false);
    drain(running.get(1).worker(), true);
    assertThat(asked(running)).as("the drained one").isEqualTo(1);
    Duration silence = World.SETTINGS.presence().plusSeconds(1);
    World.Execution gone = running.get(2);
    for (int i = 0; i < 3; i++) {
      world.pass(silence.dividedBy(3));
      running.forEach(e -> world.heartbeat(e, 20));
      world.presence(running.get(0).worker(), Optional.of(running.get(0).id()), false);
    }
    assertThat(world.state.worker(gone.worker())).as("no presence, but a lease").isEmpty();

    submit("urgent", 80, true);

    assertThat(asked(running)).as("still only the drained one").isEqualTo(1);
  }
}
