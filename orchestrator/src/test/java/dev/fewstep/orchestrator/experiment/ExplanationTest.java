package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.fewstep.orchestrator.experiment.Explanation.Code;
import dev.fewstep.orchestrator.experiment.Explanation.Reason;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.InboxMessage;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.state.TaskRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The true reason in each of the cases in which a task waits. */
class ExplanationTest {
  private final World world = new World().withInputs();

  private List<Reason> reasons(String key) {
    return new Explanations(world.state, World.SETTINGS, world.time)
        .task(key)
        .orElseThrow()
        .reasons();
  }

  private Reason only(TaskRecord task) {
    List<Reason> reasons = reasons(task.key());
    assertThat(reasons).hasSize(1);
    return reasons.get(0);
  }

  private TaskRecord task(String experiment, Predicate<TaskRecord> wanted) {
    return world.tasks(experiment).filter(wanted).findFirst().orElseThrow();
  }

  private static boolean waits(TaskRecord task) {
    return task.state() == TaskState.QUEUED && !task.published();
  }

  private void withReferences() {
    world.submit(Specs.spec("references"));
    UUID worker = world.worker();
    world.drain(worker);
    world.presence(worker, Optional.empty(), false);
    world.pass(World.SETTINGS.presence().plusSeconds(1));
  }

  private static ExperimentSpec grid(String name, String policy) {
    return Specs.inProject(name, "p", policy);
  }

  private void presence(UUID worker, String deviceClass, long memory) {
    world.send(
        new Report.Presence(
            world.time, worker, deviceClass, "d", memory, Map.of(), Optional.empty(), true));
  }

  @Test
  void dependency() {
    String experiment = world.submit(Specs.spec("e"));
    TaskRecord dependent = task(experiment, task -> !task.dependsOn().isEmpty());
    Reason reason = reasons(dependent.key()).get(0);
    assertThat(reason.code()).isEqualTo(Code.DEPENDENCY);
    assertThat(reason.text())
        .contains(" task " + dependent.dependsOn().get(0).substring(0, 12), "QUEUED");
  }

  @Test
  void backoff() {
    withReferences();
    world.submit(grid("e", "{}"));
    World.Execution execution = world.start(world.worker());
    world.fail(execution, FailureCode.INTERNAL);
    Reason reason = only(world.task(execution));
    assertThat(reason.code()).isEqualTo(Code.BACKOFF);
    assertThat(reason.text())
        .contains(world.task(execution).notBefore().orElseThrow().toString(), "it broke");
  }

  @Test
  void paused() {
    withReferences();
    String experiment = world.submit(grid("e", "{}"));
    world.send(new Command.PauseExperiment(world.id(), world.time, experiment, false));
    world.worker();
    Reason reason = only(task(experiment, ExplanationTest::waits));
    assertThat(reason.code()).isEqualTo(Code.PAUSED);
    assertThat(reason.text()).contains(experiment, world.time.toString());
    assertThat(explain(experiment).reasons()).extracting(Reason::code).contains(Code.PAUSED);
  }

  @Test
  void theQueueSaysWhatWaitsByClassAndProject() {
    withReferences();
    world.submit(grid("e", "{\"maxParallel\": 1}"));
    UUID first = world.worker();
    UUID second = world.worker();
    QueueView.ClassQueue idle = queue();
    assertThat(idle.name()).isEqualTo("cpu");
    assertThat(idle.workers()).isEqualTo(2);
    World.Execution execution = world.start(first);
    world.presence(second, Optional.empty(), true);
    QueueView.ClassQueue busy = queue();
    assertThat(busy.running()).isEqualTo(1);
    assertThat(busy.queued()).isEqualTo(idle.queued() - 1).isPositive();
    assertThat(busy.projects()).hasSize(1);
    QueueView.ProjectQueue project = busy.projects().get(0);
    assertThat(project.name()).isEqualTo("p");
    assertThat(project.running()).isEqualTo(1);
    assertThat(project.queued()).isEqualTo(busy.queued());
    assertThat(project.examined()).isEqualTo(Math.min(QueueView.EXAMINED, project.queued()));
    assertThat(project.reasons()).extracting(QueueView.Waiting::reason).contains(Code.MAX_PARALLEL);
    assertThat(project.reasons().stream().mapToInt(QueueView.Waiting::count).sum())
        .isEqualTo(project.examined());
    assertThat(world.state.task(project.reasons().get(0).example())).isPresent();
    assertThat(world.task(execution).state()).isEqualTo(TaskState.RUNNING);
  }

  @Test
  void theQueueCountsAllAndExaminesSome() {
    String seeds = IntStream.range(0, 120).boxed().toList().toString();
    world.submit(Specs.spec("e", "{}", seeds, "{}"));
    world.submit(Specs.spec("f", "{}", seeds, "{}"));
    QueueView.ClassQueue nobody = queue();
    assertThat(nobody.workers()).isZero();
    assertThat(nobody.projects()).as("both are of one project").hasSize(1);
    QueueView.ProjectQueue project = nobody.projects().get(0);
    assertThat(project.queued()).isGreaterThan(QueueView.EXAMINED);
    assertThat(project.examined()).isEqualTo(QueueView.EXAMINED);
    assertThat(project.reasons())
        .extracting(QueueView.Waiting::reason)
        .containsOnly(Code.NO_WORKER);
    UUID worker = world.worker();
    presence(world.id(), "gpu", 1L << 30);
    World.Execution running = world.start(worker);
    assertThat(view().classes())
        .extracting(QueueView.ClassQueue::name, QueueView.ClassQueue::running)
        .containsExactly(tuple("cpu", 1), tuple("gpu", 0));
    world.succeed(running);
    world.drain(worker);
    world.pass(Duration.ofMinutes(5));
    assertThat(view().classes()).as("nobody is there and nothing waits").isEmpty();
  }

  private QueueView view() {
    return new Explanations(world.state, World.SETTINGS, world.time).queue();
  }

  private QueueView.ClassQueue queue() {
    assertThat(view().classes()).hasSize(1);
    return view().classes().get(0);
  }

  private ExperimentExplanation explain(String experiment) {
    return new Explanations(world.state, World.SETTINGS, world.time)
        .experiment(experiment)
        .orElseThrow();
  }

  @Test
  void noWorkerOfTheClass() {
    withReferences();
    String experiment = world.submit(grid("e", "{}"));
    TaskRecord waiting = task(experiment, ExplanationTest::waits);
    assertThat(only(waiting).code()).isEqualTo(Code.NO_WORKER);
    assertThat(only(waiting).text()).contains("class cpu", "no workers at all");
    presence(world.id(), "cpu2", 1L << 40);
    assertThat(only(waiting).text()).contains("the nearest that is there is cpu2");
  }

  @Test
  void notEligible() {
    world.worker();
    String experiment = world.submit(needing("e", "2GiB"));
    Reason reason = only(task(experiment, ExplanationTest::waits));
    assertThat(reason.code()).isEqualTo(Code.NOT_ELIGIBLE);
    assertThat(reason.text()).contains("2048 MiB", "1024 MiB");
  }

  private static ExperimentSpec needing(String name, String memory) {
    return Specs.read(
        Json.toText(Specs.spec(name))
            .replace(
                "\"deviceClass\":\"cpu\"",
                "\"deviceClass\":\"cpu\",\"memory\":\"" + memory + "\""));
  }

  @Test
  void draining() {
    withReferences();
    UUID worker = world.worker();
    world.send(new Command.DrainWorker(world.id(), world.time, worker, true));
    String experiment = world.submit(grid("e", "{}"));
    assertThat(only(task(experiment, ExplanationTest::waits)).code()).isEqualTo(Code.DRAINING);
  }

  @Test
  void creditAndPlace() {
    withReferences();
    world.worker();
    String urgent = world.submit(grid("urgent", "{\"priority\": 90}"));
    world.start(world.state.workers().iterator().next().workerId());
    String later = world.submit(grid("later", "{\"cache\": false}"));
    TaskRecord next = task(urgent, ExplanationTest::waits);
    assertThat(only(next).code()).isEqualTo(Code.CREDIT);
    assertThat(only(next).text()).contains("of 1 workers", "1 are busy");
    List<Reason> reasons = reasons(task(later, ExplanationTest::waits).key());
    assertThat(reasons).extracting(Reason::code).containsExactly(Code.CREDIT, Code.BEHIND);
    assertThat(reasons.get(1).text())
        .contains("tasks of its device class go before it", urgent, "priority 90");
  }

  @Test
  void behindOthersThatGetTheLastDevice() {
    withReferences();
    String low = world.submit(grid("low", "{\"priority\": 10}"));
    String high = world.submit(grid("high", "{\"priority\": 90, \"cache\": false}"));
    // A worker has come, and the leader has not dispatched since.
    receive(
        new Report.Presence(
            world.time, world.id(), "cpu", "cpu", 1, Map.of(), Optional.empty(), true));
    assertThat(only(task(high, ExplanationTest::waits)).code()).isEqualTo(Code.NEXT);
    Reason reason = only(task(low, ExplanationTest::waits));
    assertThat(reason.code()).isEqualTo(Code.BEHIND);
    assertThat(reason.text()).contains(high);
  }

  private void receive(InboxMessage message) {
    world.apply(new Input.Received(message, world.time));
  }

  @Test
  void projectQuota() {
    withReferences();
    world.send(new Command.SetProject(world.id(), world.time, "p", 1, 1));
    String experiment = world.submit(grid("e", "{}"));
    world.worker();
    world.worker();
    Reason reason = only(task(experiment, ExplanationTest::waits));
    assertThat(reason.code()).isEqualTo(Code.PROJECT_QUOTA);
    assertThat(reason.text()).contains("project p holds 1 of at most 1");
  }

  @Test
  void publishedRunningVerifying() {
    withReferences();
    world.submit(grid("e", "{}"));
    UUID worker = world.worker();
    String key = world.published.getFirst().taskKey();
    assertThat(reasons(key)).extracting(Reason::code).containsExactly(Code.PUBLISHED);
    World.Execution execution = world.start(worker);
    assertThat(reasons(key)).extracting(Reason::code).containsExactly(Code.RUNNING);
    world.storeAnswers = false;
    world.succeed(execution);
    assertThat(reasons(key).get(0).code()).isEqualTo(Code.VERIFYING);
  }

  @Test
  void checkingTheCache() {
    String first = world.submit(Specs.spec("e"));
    world.drain(world.worker());
    world.storeAnswers = false;
    world.submit(Specs.spec("again"));
    assertThat(reasons(task(first, task -> true).key()).get(0).code()).isEqualTo(Code.CHECKING);
  }

  @Test
  void handedBackByAStoppedWorker() {
    withReferences();
    world.submit(grid("e", "{}"));
    World.Execution execution = world.start(world.worker());
    world.checkpoint(execution, 40);
    world.presence(execution.worker(), Optional.of(execution.id()), false);
    world.release(execution);
    List<Reason> reasons = reasons(execution.task().taskKey());
    assertThat(reasons).extracting(Reason::code).containsExactly(Code.DRAINING, Code.HANDED_BACK);
    assertThat(reasons.get(1).text()).contains("its worker was stopped", "step 40");
  }

  @Test
  void planningNotFinished() {
    withReferences();
    receive(new Command.SubmitExperiment(world.id(), world.time, "me", grid("e", "{}")));
    String experiment = world.state.experiments(Optional.empty(), 1).get(0).id();
    ExperimentExplanation explanation = explain(experiment);
    assertThat(explanation.reasons()).extracting(Reason::code).containsExactly(Code.PLANNING);
    assertThat(explanation.reasons().get(0).text()).isEqualTo("0 of 4 trials are planned");
    world.settle();
    explanation = explain(experiment);
    assertThat(explanation.reasons()).isEmpty();
    assertThat(explanation.tasks())
        .extracting(ExperimentExplanation.Group::code)
        .containsExactlyInAnyOrder(Code.NO_WORKER, Code.DEPENDENCY);
    assertThat(explanation.open())
        .isEqualTo(explanation.examined())
        .isEqualTo(explanation.tasks().stream().mapToInt(ExperimentExplanation.Group::count).sum());
  }

  /** In states that come about at random: NEXT is said of exactly what the next tick publishes. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void saysNextOfExactlyWhatIsPublishedNext(long seed) {
    Random random = new Random(seed);
    withReferences();
    List<UUID> workers = new ArrayList<>();
    List<World.Execution> running = new ArrayList<>();
    List<String> experiments = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < 120; i++) {
      act(random, i, workers, running, experiments);
      Set<String> said = new HashSet<>();
      Explanations explanations = new Explanations(world.state, World.SETTINGS, world.time);
      for (String experiment : experiments) {
        world
            .tasks(experiment)
            .forEach(
                task -> {
                  List<Reason> reasons = explanations.task(task.key()).orElseThrow().reasons();
                  assertThat(reasons).as(task.toString()).isNotEmpty();
                  if (reasons.get(0).code() == Code.NEXT) {
                    said.add(task.key());
                  }
                });
      }
      Set<String> published = new HashSet<>();
      world
          .apply(new Input.Tick(world.time, false))
          .tasks()
          .forEach(task -> published.add(task.message().taskKey()));
      assertThat(said).as("after step " + i).isEqualTo(published);
      next += published.size();
      world.settle();
    }
    assertThat(next).as("something was said").isGreaterThan(10);
  }

  private void act(
      Random random,
      int step,
      List<UUID> workers,
      List<World.Execution> running,
      List<String> experiments) {
    switch (random.nextInt(10)) {
      case 0 -> {
        if (experiments.size() < 6) {
          String policy =
              "{\"cache\": "
                  + random.nextBoolean()
                  + ", \"priority\": "
                  + random.nextInt(3) * 40
                  + ", \"maxParallel\": "
                  + random.nextInt(3)
                  + ", \"preempt\": "
                  + random.nextBoolean()
                  + "}";
          experiments.add(
              world.submit(
                  random.nextInt(4) == 0
                      ? needing("n" + step, "2GiB")
                      : Specs.inProject("e" + step, "p" + random.nextInt(2), policy)));
        }
      }
      case 1 -> {
        if (workers.size() < 5) {
          workers.add(world.id());
        }
      }
      case 2 ->
          receive(
              new Command.SetProject(
                  world.id(), world.time, "p0", 1 + random.nextInt(3), random.nextInt(3)));
      case 3 -> {
        if (!experiments.isEmpty()) {
          String any = experiments.get(random.nextInt(experiments.size()));
          receive(
              random.nextBoolean()
                  ? new Command.PauseExperiment(world.id(), world.time, any, false)
                  : new Command.ResumeExperiment(world.id(), world.time, any));
        }
      }
      case 4 -> {
        world.pass(Duration.ofSeconds(random.nextInt(12)));
      }
      case 5, 6 -> {
        if (!world.published.isEmpty() && !workers.isEmpty()) {
          running.add(world.start(workers.get(random.nextInt(workers.size()))));
        }
      }
      default -> {
        if (!running.isEmpty()) {
          World.Execution one = running.remove(random.nextInt(running.size()));
          receive(
              random.nextInt(3) == 0
                  ? new Report.Released(
                      world.time, one.task().taskKey(), one.task().attempt(), one.id())
                  : world.success(one));
        }
      }
    }
    for (int i = 0; i < workers.size(); i++) {
      UUID worker = workers.get(i);
      Optional<UUID> holds =
          running.stream()
              .filter(one -> one.worker().equals(worker))
              .map(World.Execution::id)
              .findFirst();
      receive(
          new Report.Presence(
              world.time, worker, "cpu", "cpu", (i % 2 + 1L) << 30, Map.of(), holds, true));
    }
  }
}
