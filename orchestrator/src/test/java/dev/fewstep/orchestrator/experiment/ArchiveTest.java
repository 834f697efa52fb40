package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Lineage;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.state.ArchivedRecord;
import dev.fewstep.schemas.state.CachedRecord;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskOrigin;
import dev.fewstep.schemas.state.TaskRecord;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Archiving: what goes, what stays, what others and the cache still have of it. */
class ArchiveTest {
  private static String done(World world, ExperimentSpec spec) {
    String id = world.submit(spec);
    world.drain(world.worker());
    assertThat(world.progress(id).state()).isEqualTo(ExperimentState.SUCCEEDED);
    return id;
  }

  private static World world() {
    return new World().withInputs();
  }

  @Test
  void anEndedExperimentLeavesAShortRecordAndItsResults() {
    World world = world();
    String id = done(world, Specs.spec("old"));
    ExperimentProgress before = world.progress(id);
    Set<String> keys = world.keys(id);

    assertThat(world.archive(id, true).accepted()).isTrue();

    assertThat(world.state.experiment(id)).isEmpty();
    assertThat(world.state.experimentFold(id)).as("nothing is left of it").isEmpty();
    assertThat(world.state.taskCount()).isZero();
    assertThat(world.control).as("workers forget it").isEmpty();
    ArchivedRecord archived = world.state.archive().experiment(id).orElseThrow();
    assertThat(archived.tasks()).isEqualTo(before.tasks());
    assertThat(archived.state()).isEqualTo(TaskState.SUCCEEDED);
    assertThat(archived.name()).isEqualTo("old");
    assertThat(world.state.archive().experiments(Optional.empty(), 9)).containsExactly(archived);
    for (String key : keys) {
      CachedRecord cached = world.state.cached(key).orElseThrow();
      assertThat(cached.result().artifacts())
          .noneMatch(file -> file.kind() == ArtifactKind.CHECKPOINT);
    }
    OrchestratorState fresh = world.replayed();
    assertThat(fresh.cached()).containsExactlyInAnyOrderElementsOf(world.state.cached());
    assertThat(fresh.lastSequence()).as("its place is not given away").isEqualTo(1);
    assertThat(fresh.taskCount()).isZero();
    String next = world.submit(Specs.spec("next"));
    assertThat(world.state.experiment(next).orElseThrow().sequence()).isEqualTo(2);
  }

  @Test
  void equalTasksAreStillCachedAfterwards() {
    World world = world();
    String old = done(world, Specs.spec("old"));
    Set<String> keys = world.keys(old);
    world.archive(old, true);

    assertThat(Previews.plan(Specs.spec("again"), world.state).tasks().cached())
        .isEqualTo(keys.size());
    String again = world.submit(Specs.spec("again"));

    assertThat(world.published).as("nothing runs").isEmpty();
    assertThat(world.progress(again).state()).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(world.progress(again).tasks()).containsEntry(TaskState.CACHED, keys.size());
    assertThat(world.state.cached()).as("they are tasks again").isEmpty();
    world.archive(again, true);
    assertThat(world.state.cached()).hasSize(keys.size());
  }

  @Test
  void aCachedResultWhoseArtifactsAreGoneIsMadeAgain() {
    World world = world();
    String old = done(world, Specs.spec("old"));
    world.archive(old, true);
    world.stored = file -> file.kind() != ArtifactKind.WEIGHTS;

    String again = world.submit(Specs.spec("again"));

    assertThat(world.kinds()).containsExactly(TaskKind.FINETUNE);
    world.stored = file -> true;
    world.drain(world.worker());
    assertThat(world.progress(again).state()).isEqualTo(ExperimentState.SUCCEEDED);
    assertThat(world.tasks(again)).allMatch(task -> derived(world, task));
  }

  @Test
  void withoutItsResultsNothingButTheFileIsReferredTo() {
    World world = world();
    String old = done(world, Specs.spec("old"));

    world.archive(old, false);

    assertThat(world.state.cached()).isEmpty();
    Set<Reachable.Reason> reasons = new HashSet<>();
    Reachable.visit(world.state, found -> reasons.add(found.reason()));
    assertThat(reasons).containsExactlyInAnyOrder(Reachable.Reason.INPUT, Reachable.Reason.ARCHIVE);
    world.submit(Specs.spec("again"));
    assertThat(world.published).as("it runs again").isNotEmpty();
  }

  @Test
  void aFailedTaskIsForgottenAndTriedAfresh() {
    World world = world();
    String old = world.submit(Specs.spec("old"));
    UUID worker = world.worker();
    world.drainTo(worker, TaskKind.FINETUNE);
    world.fail(world.start(worker), FailureCode.NOT_FINITE);
    world.drain(worker);
    assertThat(world.progress(old).state()).isEqualTo(ExperimentState.FAILED);

    assertThat(world.archive(old, true).accepted()).isTrue();

    assertThat(world.state.archive().experiment(old).orElseThrow().state())
        .isEqualTo(TaskState.FAILED);
    String again = done(world, Specs.spec("again"));
    assertThat(world.progress(again).tasks().get(TaskState.CACHED)).isPositive();
  }

  @Test
  void whatAnotherExperimentWantsStaysAndFollowsFromThatOne() {
    World world = world();
    String first =
        done(world, Specs.spec("first", "{\"sampling.steps\": [3, 4]}", Specs.ONE_SEED, "{}"));
    String second =
        done(world, Specs.spec("second", "{\"sampling.steps\": [5, 4]}", Specs.ONE_SEED, "{}"));
    Set<String> shared = world.keys(second);
    shared.retainAll(world.keys(first));
    assertThat(shared).hasSizeGreaterThan(3);

    world.archive(first, true);

    assertThat(world.keys(second)).containsAll(shared);
    assertThat(world.progress(second).state()).isEqualTo(ExperimentState.SUCCEEDED);
    for (TaskRecord task : world.tasks(second).toList()) {
      assertThat(task.wants()).hasSize(1);
      assertThat(task.origin().experimentId()).isEqualTo(second);
      assertThat(derived(world, task)).as(task.toString()).isTrue();
      assertThat(world.state.cached(task.key())).isEmpty();
    }
    // They can be done again: their artifacts get lost.
    world.stored = file -> file.kind() != ArtifactKind.STATISTICS;
    String third =
        world.submit(Specs.spec("third", "{\"sampling.steps\": [4]}", Specs.ONE_SEED, "{}"));
    world.stored = file -> true;
    world.drain(world.worker());
    assertThat(world.progress(third).state()).isEqualTo(ExperimentState.SUCCEEDED);
  }

  @Test
  void aLargeExperimentGoesInChunksOverARestart() {
    World world = world();
    StringBuilder seeds = new StringBuilder("[0");
    for (int seed = 1; seed < 300; seed++) {
      seeds.append(',').append(seed);
    }
    String id = world.submit(Specs.spec("large", Specs.NO_AXES, seeds + "]", "{}"));
    world.cancel(id);
    world.settle();
    int tasks = world.state.taskCount();
    assertThat(tasks).isGreaterThan(World.SETTINGS.moveChunk());

    world.apply(new Input.Received(world.archiving(id, true), world.time));
    world.apply(new Input.Tick(world.time, true));
    assertThat(world.state.taskCount()).isEqualTo(tasks - World.SETTINGS.moveChunk());
    assertThat(world.state.experiment(id)).isPresent();
    assertThat(world.cancel(id).accepted()).as("it is archived").isFalse();
    world.restart();

    assertThat(world.state.taskCount()).isZero();
    assertThat(world.state.experimentFold(id)).isEmpty();
    assertThat(world.state.archiving()).isEmpty();
  }

  @Test
  void whatHasNotEndedOrHasChangedOrIsNotThereIsRefused() {
    World world = world();
    String running = world.submit(Specs.spec("running"));
    assertThat(world.archive(running, true).reason()).contains("has not ended");
    assertThat(world.archive("nothing-01234567", true).reason()).contains("there is no experiment");

    world.drain(world.worker());
    Command.ArchiveExperiment stale = world.archiving(running, true);
    Command.ArchiveExperiment early =
        new Command.ArchiveExperiment(
            world.id(), world.time, running, stale.archive(), "ab".repeat(32), true);
    assertThat(world.outcome(early).reason()).contains("changed since its archive");
    assertThat(world.state.experiment(running)).isPresent();

    assertThat(world.outcome(stale).accepted()).isTrue();
    assertThat(world.archive(running, true).accepted()).as("a repetition").isTrue();
    assertThat(world.state.archive().count()).isEqualTo(1);
    assertThat(world.outcome(new Command.RetryFailed(world.id(), world.time, running)).reason())
        .isEqualTo("experiment " + running + " is archived");
    OutcomeRecord extension =
        world.outcome(
            new Command.SubmitExperiment(
                world.id(),
                world.time,
                "me",
                Specs.spec("longer"),
                Optional.of(new Lineage(Lineage.Kind.EXTENDS, running))));
    assertThat(extension.reason()).contains("is archived");
  }

  @Test
  void theContentShowsTheExperimentAsItWas() {
    World world = world();
    String id = done(world, Specs.spec("old", "{\"sampling.steps\": [3, 4]}", "[1, 2]", "{}"));
    done(world, Specs.spec("other", "{\"sampling.steps\": [3, 4]}", "[1, 2]", "{}"));
    List<TrialView> trials = new Results(world.state).trials(id, 0, 10);

    OrchestratorState shown = new OrchestratorState();
    ArchiveContent content = ArchiveContent.of(world.state, id).orElseThrow();
    content.records().forEach(shown::replay);

    assertThat(shown.experiments(Optional.empty(), 9)).hasSize(1);
    assertThat(shown.progress(id)).isEqualTo(world.state.progress(id));
    assertThat(new Results(shown).trials(id, 0, 10)).isEqualTo(trials);
    assertThat(trials.get(0).scores().trained()).isPresent();
    assertThat(shown.endedAt(id)).isEqualTo(Optional.of(content.endedAt()));
  }

  @Test
  void tombstonesFoldInAnyOrder() {
    World world = world();
    String id = done(world, Specs.spec("old", Specs.NO_AXES, Specs.TWO_SEEDS, "{}"));
    done(world, Specs.spec("kept", Specs.NO_AXES, Specs.ONE_SEED, "{}"));
    List<StateRecord> live = ArchiveContent.of(world.state, id).orElseThrow().records();
    OrchestratorState whole = world.replayed();
    List<StateRecord> gone =
        live.stream().map(entry -> new StateRecord(entry.key(), Optional.empty())).toList();
    ArrayList<StateRecord> order = new ArrayList<>(gone);
    Collections.shuffle(order, new Random(7));

    order.forEach(whole::replay);
    order.forEach(whole::replay);

    assertThat(whole.experimentFold(id)).isEmpty();
    assertThat(whole.experiment(id)).isEmpty();
    OrchestratorState never = new OrchestratorState();
    gone.forEach(never::replay);
    assertThat(never.taskCount()).isZero();
    assertThat(never.experimentFold(id)).isEmpty();
  }

  /** Whatever is archived in whatever order: every task left can be derived, and replay agrees. */
  @Property(tries = 12)
  void whateverIsArchivedEveryTaskThatIsLeftFollowsFromAnExperiment(@ForAll long seed) {
    Random random = new Random(seed);
    World world = world();
    UUID worker = world.worker();
    int experiments = 0;
    for (int step = 0; step < 25; step++) {
      switch (random.nextInt(5)) {
        case 0, 1 -> {
          String grid =
              "{\"sampling.steps\": [%s, %s]}"
                  .formatted(2 + random.nextInt(3), 5 + random.nextInt(2));
          ExperimentSpec spec =
              random.nextInt(4) == 0
                  ? Specs.pretraining("e" + experiments++)
                  : Specs.spec("e" + experiments++, grid, Specs.ONE_SEED, "{}");
          world.submit(spec);
        }
        case 2 -> world.drain(worker);
        case 3 -> {
          if (!world.published.isEmpty()) {
            world.fail(world.start(worker), FailureCode.NOT_FINITE);
          }
        }
        default -> {
          for (ExperimentRecord experiment : world.state.experiments(Optional.empty(), 99)) {
            if (random.nextBoolean() && world.state.endedAt(experiment.id()).isPresent()) {
              assertThat(world.archive(experiment.id(), random.nextInt(4) > 0).accepted()).isTrue();
            }
          }
        }
      }
      world.presence(worker, Optional.empty(), true);
      check(world);
    }
    world.restart();
    check(world);
  }

  private static void check(World world) {
    Map<String, TaskRecord> tasks = new TreeMap<>();
    for (TaskRecord task : world.state.tasks()) {
      tasks.put(task.key(), task);
      assertThat(task.wants()).as("somebody wants " + task.key()).isNotEmpty();
      assertThat(derived(world, task)).as(task.toString()).isTrue();
      assertThat(world.state.cached(task.key())).isEmpty();
    }
    OrchestratorState fresh = world.replayed();
    Map<String, TaskRecord> again = new TreeMap<>();
    fresh.tasks().forEach(task -> again.put(task.key(), task));
    assertThat(again).isEqualTo(tasks);
    assertThat(fresh.lastSequence()).isEqualTo(world.state.lastSequence());
    assertThat(fresh.index().attention())
        .containsExactlyInAnyOrderElementsOf(world.state.index().attention());
    List<ExperimentRecord> all = world.state.experiments(Optional.empty(), 99);
    assertThat(fresh.experiments(Optional.empty(), 99)).isEqualTo(all);
    for (ExperimentRecord experiment : all) {
      assertThat(fresh.progress(experiment.id())).isEqualTo(world.state.progress(experiment.id()));
      assertThat(fresh.endedAt(experiment.id())).isEqualTo(world.state.endedAt(experiment.id()));
    }
    assertThat(fresh.cached()).containsExactlyInAnyOrderElementsOf(world.state.cached());
    Set<Artifact> needed = new HashSet<>();
    Reachable.visit(world.state, found -> needed.add(found.artifact()));
    for (TaskRecord task : tasks.values()) {
      task.result().ifPresent(result -> assertThat(needed).containsAll(result.artifacts()));
    }
  }

  /** Whether the task's specification follows from its origin, as dispatch needs it. */
  private static boolean derived(World world, TaskRecord task) {
    TaskOrigin origin = task.origin();
    ExperimentRecord experiment = world.state.experiment(origin.experimentId()).orElseThrow();
    return new Plans().task(experiment, task).key().equals(task.key())
        && task.want(experiment.id()).isPresent();
  }
}
