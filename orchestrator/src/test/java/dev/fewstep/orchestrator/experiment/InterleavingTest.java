package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.InboxMessage;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TaskRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Whatever comes in whatever order, late, twice or never, over restarts: what {@link World} asserts
 * of every decision holds (terminal is terminal, one accepted success, credit), the compacted topic
 * folds to the leader's state, and an honest worker in the end finishes everything.
 */
class InterleavingTest {
  private static final int STEPS = 120;
  private static final int WORKERS = 3;

  @Property(tries = 40)
  void noInterleavingLosesOrRepeatsAnything(@ForAll long seed) {
    Run run = new Run(new Random(seed));
    for (int i = 0; i < STEPS; i++) {
      run.step();
    }
    run.sameAfterReplay();
    run.finish();
    run.sameAfterReplay();
  }

  /** A run of random steps. */
  private static final class Run {
    private final Random random;
    private final World world = new World().withInputs();
    private final List<UUID> workers = new ArrayList<>();
    private final List<TaskMessage> tasks = new ArrayList<>();
    private final List<World.Execution> executions = new ArrayList<>();
    private final List<InboxMessage> sent = new ArrayList<>();
    private int experiments;

    Run(Random random) {
      this.random = random;
      world.storeAnswers = false;
      for (int i = 0; i < WORKERS; i++) {
        workers.add(world.id());
      }
    }

    private <T> Optional<T> any(List<T> list) {
      return list.isEmpty() ? Optional.empty() : Optional.of(list.get(random.nextInt(list.size())));
    }

    private void send(InboxMessage message) {
      sent.add(message);
      world.apply(new Input.Received(message, world.time));
    }

    void step() {
      tasks.addAll(world.published);
      world.published.clear();
      switch (random.nextInt(14)) {
        case 0 -> submit();
        case 1, 2 -> any(workers).ifPresent(this::presence);
        case 3, 4, 5 -> any(tasks).ifPresent(this::start);
        case 6 -> any(executions).ifPresent(this::progress);
        case 7, 8 -> any(executions).ifPresent(e -> send(world.success(e)));
        case 9 -> any(executions).ifPresent(this::fail);
        case 10 -> any(sent).ifPresent(this::send);
        case 11 -> {
          if (!world.checks.isEmpty()) {
            world.stored = file -> random.nextInt(5) > 0;
            world.answer();
          }
        }
        case 12 -> world.time = world.time.plusSeconds(random.nextInt(25));
        default -> seldom();
      }
      for (int i = random.nextInt(3); i > 0; i--) {
        world.apply(new Input.Tick(world.time, random.nextInt(4) == 0));
      }
    }

    private void submit() {
      if (experiments < 5) {
        String name = "e" + experiments++;
        String grid = "{\"sampling.steps\": [" + (2 + random.nextInt(2)) + ", 4]}";
        String policy =
            "{\"cache\": %s, \"priority\": %s, \"maxParallel\": %s}"
                .formatted(random.nextInt(4) > 0, random.nextInt(3), random.nextInt(3));
        send(
            new Command.SubmitExperiment(
                world.id(), world.time, "me", Specs.spec(name, grid, Specs.ONE_SEED, policy)));
      }
    }

    private void presence(UUID worker) {
      Optional<UUID> execution =
          any(executions).filter(e -> random.nextBoolean()).map(World.Execution::id);
      send(
          new Report.Presence(
              world.time, worker, "cpu", "cpu", 1, Map.of(), execution, random.nextInt(5) > 0));
    }

    private void start(TaskMessage task) {
      UUID worker = any(workers).orElseThrow();
      World.Execution execution = new World.Execution(task, world.id(), worker);
      executions.add(execution);
      send(new Report.Started(world.time, task.taskKey(), task.attempt(), execution.id(), worker));
    }

    private void progress(World.Execution e) {
      int step = random.nextInt(50);
      if (random.nextBoolean()) {
        send(
            new Report.Heartbeat(
                world.time, e.task().taskKey(), e.task().attempt(), e.id(), step, 100));
      } else {
        Artifact file = Specs.file(ArtifactKind.CHECKPOINT, "checkpoint-" + step);
        send(
            new Report.Checkpointed(
                world.time, e.task().taskKey(), e.task().attempt(), e.id(), step, file));
      }
    }

    private void fail(World.Execution e) {
      if (random.nextBoolean()) {
        send(new Report.Released(world.time, e.task().taskKey(), e.task().attempt(), e.id()));
        return;
      }
      FailureCode code =
          random.nextInt(4) == 0 ? FailureCode.NOT_FINITE : FailureCode.OUT_OF_MEMORY;
      send(
          new Report.Failed(
              world.time,
              e.task().taskKey(),
              e.task().attempt(),
              e.id(),
              code,
              "broken",
              List.of()));
    }

    private void seldom() {
      switch (random.nextInt(4)) {
        case 0 -> {
          sameAfterReplay();
          world.restart();
        }
        case 1 ->
            any(world.state.experiments(Optional.empty(), 10))
                .ifPresent(
                    experiment ->
                        send(
                            new Command.CancelExperiment(world.id(), world.time, experiment.id())));
        default -> world.settle();
      }
    }

    /** An honest worker, a store that answers, and time: every experiment ends. */
    void finish() {
      world.stored = file -> true;
      world.storeAnswers = true;
      UUID honest = world.worker();
      for (int round = 0; round < 300 && open(); round++) {
        world.pass(Duration.ofSeconds(15));
        world.presence(honest, Optional.empty(), true);
        world.drain(honest);
      }
      assertThat(open()).as("an experiment is still open").isFalse();
      for (ExperimentRecord experiment : world.state.experiments(Optional.empty(), 10)) {
        assertThat(world.tasks(experiment.id()))
            .allMatch(
                task ->
                    world.state.taskState(task.key(), experiment.id()).orElseThrow().isTerminal());
      }
    }

    private boolean open() {
      return world.state.experiments(Optional.empty(), 10).stream()
          .anyMatch(experiment -> !world.progress(experiment.id()).state().isTerminal());
    }

    void sameAfterReplay() {
      OrchestratorState fresh = world.replayed();
      OrchestratorState state = world.state;
      assertThat(fresh.taskCount()).isEqualTo(state.taskCount());
      assertThat(fresh.workers()).containsExactlyElementsOf(state.workers());
      assertThat(fresh.leases()).containsExactlyInAnyOrderElementsOf(state.leases());
      assertThat(fresh.claims()).containsExactlyInAnyOrderElementsOf(state.claims());
      assertThat(fresh.queueDepth("cpu")).isEqualTo(state.queueDepth("cpu"));
      assertThat(fresh.index().attention())
          .containsExactlyInAnyOrderElementsOf(state.index().attention());
      List<ExperimentRecord> all = state.experiments(Optional.empty(), 10);
      assertThat(fresh.experiments(Optional.empty(), 10)).isEqualTo(all);
      for (ExperimentRecord experiment : all) {
        assertThat(fresh.progress(experiment.id())).isEqualTo(state.progress(experiment.id()));
        List<TaskRecord> wanted = state.tasks(experiment.id(), Optional.empty(), 1000);
        assertThat(fresh.tasks(experiment.id(), Optional.empty(), 1000)).isEqualTo(wanted);
        assertThat(fresh.experimentFold(experiment.id()).orElseThrow().inFlight())
            .isEqualTo(state.experimentFold(experiment.id()).orElseThrow().inFlight());
      }
    }
  }
}
