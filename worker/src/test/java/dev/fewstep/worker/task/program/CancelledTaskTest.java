package dev.fewstep.worker.task.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.task.SourceRef;
import dev.fewstep.schemas.task.TaskSpec;
import dev.fewstep.worker.task.ControlView;
import dev.fewstep.worker.task.RunningTask;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A running task whose withdrawal arrives on the control topic, as the worker's own objects see it:
 * how many steps it still makes, and that it hands over no checkpoint.
 */
class CancelledTaskTest {
  private static final SourceRef BASE = TinyWorld.upstream("base", ArtifactKind.WEIGHTS);
  private static final SourceRef STATISTICS =
      TinyWorld.upstream("reference", ArtifactKind.STATISTICS);
  private static final String KEY = Digests.sha256Hex("cancelled");
  private static final int MANY = 1000;

  @TempDir static Path shared;
  private static TinyWorld world;
  private static final Map<SourceRef, Path> INPUTS = new HashMap<>();
  @TempDir Path directory;

  @BeforeAll
  static void makeInputs() throws Exception {
    world = new TinyWorld(shared);
    INPUTS.put(TinyWorld.source(world.dataset), world.dataset);
    INPUTS.put(TinyWorld.source(world.extractor), world.extractor);
    run(world.pretrain(2), Files.createDirectory(shared.resolve("base")), TaskListener.SILENT);
    INPUTS.put(BASE, shared.resolve("base").resolve("weights.safetensors"));
    run(world.reference(), Files.createDirectory(shared.resolve("ref")), TaskListener.SILENT);
    INPUTS.put(STATISTICS, shared.resolve("ref").resolve("statistics.npz"));
  }

  private static void run(TaskSpec spec, Path target, TaskListener listener) throws Exception {
    Programs.run(spec, context(target, listener, StopSignal.never(), CheckpointSink.NONE));
  }

  private static TaskContext context(
      Path target, TaskListener listener, StopSignal stop, CheckpointSink checkpoints) {
    return new TaskContext(
        INPUTS, target, Optional.empty(), Device.cpu(), 1, listener, stop, checkpoints);
  }

  /** Withdraws the task when it has made so many steps, and counts those that follow. */
  private long stepsAfterWithdrawal(TaskSpec spec, long after) {
    UUID execution = UUID.randomUUID();
    ControlView control = new ControlView();
    control.apply(new ControlMessage(KEY, 1, Optional.of(execution), false));
    RunningTask running =
        new RunningTask(
            new TaskMessage(
                KEY,
                1,
                spec.kind(),
                Json.toTree(spec),
                Map.of(),
                Optional.empty(),
                "e-01234567",
                Instant.EPOCH),
            execution,
            control,
            checkpointed -> {},
            Clock.systemUTC());
    AtomicLong done = new AtomicLong();
    AtomicLong withdrawnAt = new AtomicLong(-1);
    TaskListener counting =
        new TaskListener() {
          @Override
          public void progress(long step, long totalSteps) {
            done.set(step);
            if (step >= after && withdrawnAt.compareAndSet(-1, step)) {
              control.apply(new ControlMessage(KEY, 1, Optional.empty(), true));
            }
          }

          @Override
          public void point(String name, long step, double value) {}

          @Override
          public void trained(int images, Map<String, Double> seconds) {}

          @Override
          public void log(String line) {}
        };
    TaskContext context =
        context(
            directory,
            counting,
            running,
            (step, file) -> assertThat(withdrawnAt).as("no checkpoint is wanted").hasValue(-1));
    assertThatThrownBy(() -> Programs.run(spec, context))
        .isInstanceOfSatisfying(
            TaskStoppedException.class,
            e -> assertThat(e.request()).isEqualTo(StopSignal.Request.ABANDON));
    assertThat(withdrawnAt.get()).as("it ran until it was withdrawn").isGreaterThanOrEqualTo(after);
    return done.get() - withdrawnAt.get();
  }

  @Test
  void aFinetuneStopsWithinTwoSteps() throws Exception {
    assertThat(stepsAfterWithdrawal(world.finetune(BASE, MANY), 3)).isLessThanOrEqualTo(2);
  }

  @Test
  void aPretrainingStopsWithinTwoSteps() throws Exception {
    assertThat(stepsAfterWithdrawal(world.pretrain(MANY), 3)).isLessThanOrEqualTo(2);
  }

  @Test
  void anEvaluationStopsWithinABatch() throws Exception {
    int batch = 4;
    assertThat(stepsAfterWithdrawal(world.evaluate(BASE, STATISTICS, MANY, batch), 2L * batch))
        .isLessThanOrEqualTo(batch);
  }
}
