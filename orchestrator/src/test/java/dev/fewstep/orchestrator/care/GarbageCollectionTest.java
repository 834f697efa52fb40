package dev.fewstep.orchestrator.care;

import static dev.fewstep.orchestrator.care.CareWorld.EXPERIMENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.orchestrator.care.GcReport.Reason;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GarbageCollectionTest {
  @TempDir Path directory;
  private CareWorld world;

  @BeforeEach
  void start() throws IOException {
    world = new CareWorld(directory);
  }

  @AfterEach
  void stop() {
    world.close();
  }

  private Artifact old(String name, String content) {
    return world.old(ArtifactKind.WEIGHTS, name, content, "");
  }

  private Artifact checkpoint(TaskRecord task, int step) {
    return world.old(
        ArtifactKind.CHECKPOINT,
        "checkpoint-" + step + ".safetensors",
        "step " + step + " of " + task.key(),
        task.key());
  }

  private List<String> aside() throws IOException {
    List<String> keys = new ArrayList<>();
    world.store.bucket().list(GarbageCollection.ASIDE, object -> keys.add(object.key()));
    return keys;
  }

  @Test
  void what_nothing_refers_to_goes_and_every_kind_of_reference_keeps() throws IOException {
    Artifact orphan = old("orphan", "orphan");
    Artifact young = world.upload(ArtifactKind.WEIGHTS, "young", "young", "");
    Artifact input = old("input", "input");
    Artifact result = old("weights.safetensors", "result");
    Artifact claimed = old("claimed", "claimed");
    Artifact resumed = checkpoint(CareWorld.task("open"), 40);
    world.commit(CareWorld.input("data", input));
    world.commit(StateRecord.of(CareWorld.succeeded("done", Map.of(), result)));
    world.commit(StateRecord.of(CareWorld.running("open", resumed)));
    world.commit(CareWorld.claim(CareWorld.task("claims"), claimed));

    GcReport looked = world.gc("last").run(false);

    assertThat(looked.rows())
        .containsExactly(new GcReport.Row(Reason.UNREFERENCED, "", 1, "orphan".length()));
    assertThat(looked.needed()).isEqualTo(4);
    assertThat(looked.young()).isEqualTo(1);
    assertThat(looked.freed()).isZero();
    assertThat(world.holds(orphan)).as("a dry run deletes nothing").isTrue();

    GcReport done = world.gc("last").run(true);

    assertThat(done.freed()).isEqualTo(1);
    assertThat(done.freedBytes()).isEqualTo("orphan".length());
    assertThat(done.problems()).isEmpty();
    assertThat(world.holds(orphan)).isFalse();
    for (Artifact kept : List.of(young, input, result, claimed, resumed)) {
      assertThat(world.holds(kept)).as(kept.name()).isTrue();
    }
    assertThat(aside()).isEmpty();
    assertThat(world.gc("last").run(true).freed()).as("a second run finds nothing").isZero();
  }

  @Test
  void keep_rules_choose_among_the_checkpoints_of_a_finished_finetune() throws IOException {
    TaskRecord task = CareWorld.task("finetune");
    Artifact ten = checkpoint(task, 10);
    Artifact twenty = checkpoint(task, 20);
    Artifact thirty = checkpoint(task, 30);
    Artifact end = checkpoint(task, 40);
    Artifact weights = old("weights.safetensors", "weights");
    world.commit(
        StateRecord.of(
            CareWorld.succeeded("finetune", Map.of("best_iteration", 12.0), weights, end)));

    assertThat(world.gc("last").run(false).rows())
        .containsExactly(row(Reason.SUPERSEDED_CHECKPOINT, ten, twenty, thirty));
    assertThat(world.gc("last,best").run(false).rows())
        .as("10 is nearest to 12")
        .containsExactly(row(Reason.SUPERSEDED_CHECKPOINT, twenty, thirty));
    assertThat(world.gc("last,every:20").run(false).rows())
        .containsExactly(row(Reason.SUPERSEDED_CHECKPOINT, ten, thirty));
    assertThat(world.gc("none").run(false).rows())
        .containsExactly(
            row(Reason.SUPERSEDED_CHECKPOINT, ten, twenty, thirty),
            row(Reason.FINAL_CHECKPOINT, end));
    GcReport done = world.gc("best").run(true);
    assertThat(done.freed()).isEqualTo(3);
    assertThat(done.kept()).isEqualTo(1);
    assertThat(world.holds(ten)).isTrue();
    assertThat(world.holds(weights)).isTrue();
    assertThat(world.holds(end)).isFalse();
  }

  private static GcReport.Row row(Reason reason, Artifact... files) {
    return new GcReport.Row(
        reason, EXPERIMENT, files.length, List.of(files).stream().mapToLong(Artifact::bytes).sum());
  }

  @Test
  void rules_are_read_strictly() {
    assertThat(KeepRules.parse("best, every:100,LAST")).isEqualTo(new KeepRules(true, true, 100));
    assertThat(KeepRules.parse("best, every:100,LAST").toString()).isEqualTo("last,best,every:100");
    assertThat(KeepRules.parse("none").toString()).isEqualTo("none");
    for (String wrong : List.of("", "all", "every:0", "every:x", "last,none")) {
      assertThatThrownBy(() -> KeepRules.parse(wrong))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("last, best, every:N, or none");
    }
  }

  @Test
  void files_of_an_attempt_that_did_not_count_are_told_apart() throws IOException {
    TaskRecord task = CareWorld.task("twice");
    Artifact lost = world.old(ArtifactKind.SCORES, "scores.json", "other scores", task.key());
    Artifact accepted = world.old(ArtifactKind.SCORES, "scores.json", "scores", task.key());
    world.commit(StateRecord.of(CareWorld.succeeded("twice", Map.of(), accepted)));
    assertThat(world.gc("last").run(true).rows()).containsExactly(row(Reason.OTHER_ATTEMPT, lost));
    assertThat(world.holds(accepted)).isTrue();
  }

  /** The worker relied on the object before it was looked at: it is young by then. */
  @Test
  void an_object_relied_on_before_its_turn_is_left_alone() throws IOException {
    Artifact again = old("weights.safetensors", "made again");
    // Catching up: for the survey, then before the batch. In between a worker makes the same bytes.
    world.afterCatchUp(
        () -> {},
        () -> world.upload(ArtifactKind.WEIGHTS, "weights.safetensors", "made again", ""));
    GcReport report = world.gc("last").run(true);
    assertThat(report.freed()).isZero();
    assertThat(report.spared()).isEqualTo(1);
    assertThat(world.holds(again)).isTrue();
  }

  /** The claim was committed, but not yet folded in, when the batch was judged. */
  @Test
  void a_claim_committed_after_the_survey_keeps_its_artifact() throws IOException {
    Artifact file = old("weights.safetensors", "claimed late");
    world.afterCatchUp(() -> world.commit(CareWorld.claim(CareWorld.task("t"), file)));
    GcReport report = world.gc("last").run(true);
    assertThat(report.spared()).isEqualTo(1);
    assertThat(world.holds(file)).isTrue();
  }

  /**
   * The worst moment: the claim is committed and its artifact seen to exist after the last look at
   * the state and before the deletion.
   */
  @Test
  void an_artifact_accepted_while_it_is_deleted_is_put_back() throws IOException {
    Artifact file = old("weights.safetensors", "accepted at the worst moment");
    world.afterCatchUp(
        () -> {},
        () -> {
          world.commit(CareWorld.claim(CareWorld.task("t"), file));
          assertThat(world.holds(file)).as("the leader's look").isTrue();
        });
    GcReport report = world.gc("last").run(true);
    assertThat(report.restored()).isEqualTo(1);
    assertThat(report.freed()).isZero();
    assertThat(world.holds(file)).isTrue();
    assertThat(aside()).isEmpty();
  }

  @Test
  void when_the_state_cannot_be_read_afterwards_everything_is_put_back() throws IOException {
    Artifact file = old("weights.safetensors", "who knows");
    world.afterCatchUp(
        () -> {},
        () -> {},
        () -> {
          throw new IllegalStateException("the log is away");
        });
    assertThatThrownBy(() -> world.gc("last").run(true)).hasMessage("the log is away");
    assertThat(world.holds(file)).isTrue();
    assertThat(aside()).as("until it is certain that nothing deletes any more").hasSize(1);
  }

  @Test
  void what_a_run_that_broke_off_left_aside_comes_back_when_it_is_needed() throws IOException {
    Artifact needed = CareWorld.artifact(ArtifactKind.WEIGHTS, "weights.safetensors", "needed");
    Artifact needless = CareWorld.artifact(ArtifactKind.WEIGHTS, "x", "needless");
    for (Artifact file : List.of(needed, needless)) {
      String key = GarbageCollection.ASIDE + "some-run/" + file.sha256();
      world
          .store
          .bucket()
          .write(
              key,
              (file.equals(needed) ? "needed" : "needless")
                  .getBytes(java.nio.charset.StandardCharsets.UTF_8));
      world.age(key, Duration.ofHours(2));
    }
    world.commit(StateRecord.of(CareWorld.succeeded("done", Map.of(), needed)));
    GcReport report = world.gc("last").run(true);
    assertThat(report.restored()).isEqualTo(1);
    assertThat(world.holds(needed)).isTrue();
    assertThat(world.holds(needless)).isFalse();
    // The needed one's copy stays for days: whoever moved it aside may still be about to delete it.
    assertThat(aside()).hasSize(1).allMatch(key -> key.endsWith(needed.sha256()));
  }

  /**
   * Workers make the same old bytes again and have them accepted (claim committed, then the
   * leader's look) while collections run, two at a time. Whatever was accepted is there at the end.
   */
  @Test
  void no_interleaving_loses_an_accepted_artifact() throws Exception {
    Random random = new Random(20261123);
    int accepted = 0;
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      for (int round = 0; round < 25; round++) {
        String content = "round " + round;
        Artifact file = old("weights.safetensors", content);
        TaskRecord task = CareWorld.task("round " + round);
        long pause = random.nextInt(30);
        boolean relies = random.nextBoolean();
        Future<Boolean> worker =
            threads.submit(
                () -> {
                  Thread.sleep(pause);
                  if (relies) {
                    world.upload(ArtifactKind.WEIGHTS, "weights.safetensors", content, "");
                  }
                  world.commit(CareWorld.claim(task, file));
                  return world.holds(file);
                });
        Future<GcReport> one = threads.submit(() -> world.gc("last").run(true));
        Future<GcReport> other = threads.submit(() -> world.gc("last").run(true));
        get(one);
        get(other);
        if (get(worker)) {
          accepted++;
          assertThat(world.holds(file)).as("accepted in round " + round).isTrue();
        }
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(accepted).as("rounds in which the worker won").isPositive();
  }

  private static <T> T get(Future<T> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    }
  }
}
