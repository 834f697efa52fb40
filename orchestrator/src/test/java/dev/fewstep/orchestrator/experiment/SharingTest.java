package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.state.OutcomeRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Who gets how many devices: weights, quotas, age; and how backoffs are spread. */
class SharingTest {
  private final World world = new World().withInputs();

  private OutcomeRecord set(String project, double weight, int devices) {
    return world.outcome(new Command.SetProject(world.id(), world.time, project, weight, devices));
  }

  private String submit(String name, String project, int priority) {
    return world.submit(
        Specs.inProject(name, project, "{\"cache\": false, \"priority\": " + priority + "}"));
  }

  /** Runs the shared references, so that finetunes of all experiments are in line. */
  private void withReferences() {
    world.submit(Specs.spec("references"));
    UUID worker = world.worker();
    world.drain(worker);
    world.presence(worker, Optional.empty(), false);
  }

  private List<String> served() {
    return world.published.stream().map(TaskMessage::experimentId).toList();
  }

  private static long count(List<String> served, String experiment) {
    return served.stream().filter(experiment::equals).count();
  }

  @Test
  void projectsShareByWeight() {
    withReferences();
    assertThat(set("two", 2, 0).accepted()).isTrue();
    String one = submit("one", "one", 50);
    String two = submit("two", "two", 50);
    for (int i = 0; i < 6; i++) {
      world.worker();
    }
    assertThat(count(served(), one)).isEqualTo(2);
    assertThat(count(served(), two)).isEqualTo(4);
  }

  @Test
  void aProjectHoldsNoMoreDevicesThanItMay() {
    withReferences();
    set("p", 1, 2);
    String first = submit("first", "p", 90);
    String second = submit("second", "p", 90);
    String other = submit("other", "q", 10);
    List<UUID> workers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      workers.add(world.worker());
    }
    assertThat(served()).containsExactlyInAnyOrder(first, second, other, other);
    World.Execution running = world.start(workers.get(0));
    assertThat(world.published).hasSize(3);
    world.succeed(running);
    assertThat(served()).as("what is freed goes to the project again").hasSize(4);
    set("p", 1, 0);
    world.worker();
    assertThat(count(served(), first) + count(served(), second)).isGreaterThanOrEqualTo(3);
  }

  @Test
  void refusesAWrongShareAndSaysWhy() {
    OutcomeRecord refused = set("No Project", 0, -1);
    assertThat(refused.accepted()).isFalse();
    assertThat(refused.problems())
        .extracting("path")
        .containsExactly("project", "weight", "maxDevices");
    assertThat(world.state.projects()).isEmpty();
    assertThat(set("p", Double.NaN, 0).accepted()).isFalse();
  }

  @Test
  void whoIsNotServedGainsPriorityUntilItIs() {
    withReferences();
    UUID worker = world.worker();
    String urgent = submit("urgent", "p", 52);
    String patient = submit("patient", "p", 50);
    List<String> order = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      order.addAll(served());
      World.Execution running = world.start(worker);
      // A task of four minutes, while heartbeats keep its lease.
      for (int j = 0; j < 24; j++) {
        world.pass(Duration.ofSeconds(10));
        world.heartbeat(running, j + 1);
        world.presence(worker, Optional.of(running.id()), true);
      }
      world.succeed(running);
    }
    assertThat(order)
        .as("4 min a task, a point in 5 min, 2 points apart")
        .startsWith(urgent, urgent, urgent)
        .contains(patient);
    int turn = order.indexOf(patient);
    assertThat(order.get(turn + 1)).as("once served, its turn is over").isEqualTo(urgent);
  }

  @Test
  void anExperimentThatHeldADeviceForLongHasNotWaited() {
    withReferences();
    UUID worker = world.worker();
    String low = submit("low", "p", 10);
    World.Execution running = world.start(worker);
    for (int i = 0; i < 6 * 60 * 5; i++) {
      world.pass(Duration.ofSeconds(10));
      world.heartbeat(running, i + 1);
      world.presence(worker, Optional.of(running.id()), true);
    }
    String high = submit("high", "p", 30);
    world.release(running);
    assertThat(served())
        .as("five hours on a device are no five hours of waiting")
        .containsExactly(high)
        .doesNotContain(low);
  }

  @Test
  void tasksThatFailTogetherComeBackApart() {
    withReferences();
    submit("e", "p", 50);
    Set<Duration> waits = new HashSet<>();
    for (int i = 0; i < 4; i++) {
      World.Execution execution = world.start(world.worker());
      world.fail(execution, FailureCode.INTERNAL);
      Duration wait = Duration.between(world.time, world.task(execution).notBefore().orElseThrow());
      assertThat(wait).isBetween(Duration.ofMillis(3750), Duration.ofMillis(6250));
      waits.add(wait);
    }
    assertThat(waits).hasSizeGreaterThan(2);
  }

  @Test
  void aProjectIsListedWithItsShareItsDevicesAndItsOpenExperiments() {
    withReferences();
    set("p", 2, 3);
    set("empty", 0.5, 0);
    String first = submit("first", "p", 50);
    submit("second", "p", 50);
    submit("third", "q", 10);
    world.worker();
    world.worker();
    world.cancel(first);

    assertThat(ProjectShare.of(world.state, "p")).contains(new ProjectShare("p", 2, 3, 2, 1));
    assertThat(ProjectShare.of(world.state, "q")).contains(new ProjectShare("q", 1, 0, 0, 1));
    assertThat(ProjectShare.of(world.state, "empty"))
        .contains(new ProjectShare("empty", 0.5, 0, 0, 0));
    assertThat(ProjectShare.of(world.state, "nobody")).isEmpty();
    assertThat(ProjectShare.all(world.state))
        .extracting(ProjectShare::name)
        .contains("empty", "p", "q")
        .isSorted();
  }
}
