package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.state.TaskRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Who is served first, how many at once, and why a task waits. */
class DispatchTest {
  private final World world = new World().withInputs();

  private List<UUID> workers(int count) {
    List<UUID> workers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      workers.add(world.worker());
    }
    return workers;
  }

  /** Runs the shared references, so that finetunes of all experiments are in line. */
  private void withReferences() {
    world.submit(Specs.spec("references"));
    UUID worker = world.worker();
    world.drain(worker);
    world.presence(worker, Optional.empty(), false);
  }

  private List<String> experiments() {
    return world.published.stream().map(TaskMessage::experimentId).toList();
  }

  private Optional<Explanation> explain(String key) {
    return new Explanations(world.state, World.SETTINGS, world.time).task(key);
  }

  private static Explanation.Code first(Optional<Explanation> explanation) {
    return explanation.orElseThrow().reasons().get(0).code();
  }

  @Test
  void noMoreTasksAreOutThanWorkersAreIdle() {
    withReferences();
    world.submit(Specs.inProject("e", "p", "{}"));
    assertThat(world.published).isEmpty();
    List<UUID> workers = workers(3);
    assertThat(world.published).hasSize(3);
    world.start(workers.get(0));
    assertThat(world.published).as("the busy worker is not counted").hasSize(2);
    world.presence(workers.get(1), Optional.empty(), false);
    world.worker();
    assertThat(world.published).as("a draining worker's place is taken").hasSize(2);
  }

  @Test
  void priorityGoesBeforeAge() {
    withReferences();
    world.submit(Specs.inProject("old", "p", "{\"priority\": 10}"));
    String urgent = world.submit(Specs.inProject("urgent", "p", "{\"priority\": 90}"));
    workers(2);
    assertThat(experiments()).containsOnly(urgent);
  }

  @Test
  void projectsShareAlikeThenExperiments() {
    withReferences();
    String a = world.submit(fresh("a", "one"));
    String b = world.submit(fresh("b", "one"));
    String c = world.submit(fresh("c", "two"));
    workers(4);
    // Two for project one, split between its experiments; two for project two.
    assertThat(experiments()).containsExactlyInAnyOrder(a, b, c, c);
  }

  private static ExperimentSpec fresh(String name, String project) {
    return Specs.inProject(name, project, "{\"cache\": false}");
  }

  @Test
  void maxParallelBoundsAnExperiment() {
    withReferences();
    String experiment = world.submit(Specs.inProject("e", "p", "{\"maxParallel\": 2}"));
    List<UUID> workers = workers(5);
    assertThat(world.published).hasSize(2);
    TaskRecord waiting =
        world
            .tasks(experiment)
            .filter(task -> task.state() == TaskState.QUEUED)
            .filter(task -> !task.published())
            .findFirst()
            .orElseThrow();
    assertThat(first(explain(waiting.key()))).isEqualTo(Explanation.Code.MAX_PARALLEL);
    world.succeed(world.start(workers.get(0)));
    assertThat(world.published).hasSize(2);
  }

  @Test
  void explainSaysWhyATaskStandsWhereItDoes() {
    String experiment = world.submit(Specs.spec("e"));
    List<TaskRecord> tasks = world.tasks(experiment).toList();
    TaskRecord ready =
        tasks.stream().filter(task -> task.dependsOn().isEmpty()).findFirst().orElseThrow();
    TaskRecord dependent =
        tasks.stream().filter(task -> !task.dependsOn().isEmpty()).findFirst().orElseThrow();
    assertThat(first(explain(ready.key()))).isEqualTo(Explanation.Code.NO_WORKER);
    assertThat(first(explain(dependent.key()))).isEqualTo(Explanation.Code.DEPENDENCY);
    assertThat(explain("0".repeat(64))).isEmpty();

    UUID worker = world.worker();
    String published = world.published.getFirst().taskKey();
    assertThat(first(explain(published))).isEqualTo(Explanation.Code.PUBLISHED);
    World.Execution execution = world.start(worker);
    world.heartbeat(execution, 3);
    Explanation running = explain(published).orElseThrow();
    assertThat(running.reasons().get(0).code()).isEqualTo(Explanation.Code.RUNNING);
    assertThat(running.reasons().get(0).text()).contains("step 3 of 100", worker.toString());
    String other =
        tasks.stream()
            .filter(task -> task.dependsOn().isEmpty() && !task.key().equals(published))
            .findFirst()
            .orElseThrow()
            .key();
    assertThat(first(explain(other))).isEqualTo(Explanation.Code.CREDIT);

    world.fail(execution, FailureCode.INTERNAL);
    assertThat(explain(published).orElseThrow().reasons())
        .extracting(Explanation.Reason::code)
        .containsExactly(Explanation.Code.BACKOFF);
  }

  @Test
  void aSilentWorkerIsForgottenAndItsClassStays() {
    UUID worker = world.worker();
    world.pass(World.SETTINGS.presence().plusSeconds(1));
    assertThat(world.state.worker(worker)).isEmpty();
    assertThat(world.state.deviceClasses()).hasSize(1);
  }
}
