package dev.fewstep.worker.task.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.spec.KernelKind;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.schemas.spec.TrainingSpec;
import dev.fewstep.schemas.task.EvaluateTask;
import dev.fewstep.schemas.task.FeatureSpace;
import dev.fewstep.schemas.task.FinetuneTask;
import dev.fewstep.schemas.task.MmdLossTask;
import dev.fewstep.schemas.task.ReferenceTask;
import dev.fewstep.schemas.task.ScoredSpace;
import dev.fewstep.schemas.task.SourceRef;
import dev.fewstep.schemas.task.TaskSpec;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.tensor.ScriptTrust;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every kind of task that reads an extractor, with a TorchScript one, on grey images. */
class ScriptExtractorTaskTest {
  private static final SourceRef BASE = TinyWorld.upstream("base", ArtifactKind.WEIGHTS);
  private static final SourceRef STATISTICS =
      TinyWorld.upstream("reference", ArtifactKind.STATISTICS);

  @TempDir Path directory;
  private final Map<SourceRef, Path> inputs = new HashMap<>();
  private TinyWorld world;
  private SourceRef clip;

  @BeforeEach
  void makeInputs() throws Exception {
    ScriptTrust.set(true);
    world = new TinyWorld(directory);
    Path script = Path.of(FeatureExtractor.class.getResource("reference/tiny-clip.pt").toURI());
    clip = TinyWorld.source(script);
    inputs.put(clip, script);
    inputs.put(TinyWorld.source(world.dataset), world.dataset);
    run(world.pretrain(1), "base");
    inputs.put(BASE, directory.resolve("base").resolve("weights.safetensors"));
  }

  @AfterEach
  void trustNothing() {
    ScriptTrust.set(false);
  }

  private TaskResult run(TaskSpec spec, String target) throws IOException, TaskStoppedException {
    Path folder = directory.resolve(target);
    Files.createDirectories(folder);
    return Programs.run(
        spec,
        new TaskContext(
            inputs,
            folder,
            Optional.empty(),
            Device.cpu(),
            2,
            TaskListener.SILENT,
            StopSignal.never(),
            CheckpointSink.NONE));
  }

  private FinetuneTask finetune(String mode) throws IOException {
    return new FinetuneTask(
        BASE,
        TinyWorld.source(world.dataset),
        false,
        new SamplingSpec(2, null, null),
        MmdLossTask.of(KernelKind.CUBIC, new FeatureSpace(clip, mode), 8, 4),
        TrainingSpec.of(1, 1e-4, 1, 1.0, 0.0, 2),
        Optional.empty(),
        5);
  }

  private EvaluateTask evaluate(String mode) {
    return new EvaluateTask(
        BASE,
        new SamplingSpec(2, null, null),
        24,
        11,
        12,
        List.of(new ScoredSpace(new FeatureSpace(clip, mode), STATISTICS)),
        null,
        null,
        null);
  }

  @Test
  void statisticsFinetuneAndScoresAreMadeInItsSpace() throws Exception {
    FeatureSpace space = new FeatureSpace(clip, "clip-pil+grey");
    run(new ReferenceTask(TinyWorld.source(world.dataset), space, null), "reference");
    inputs.put(STATISTICS, directory.resolve("reference").resolve("statistics.npz"));
    Map<String, Double> scores = run(evaluate("clip-pil+grey"), "evaluate").scores();
    assertThat(scores.get("fd:" + space.id())).isPositive();
    assertThat(scores).containsKey("kd:" + space.id());
    Map<String, Double> trained = run(finetune("clip+grey"), "finetune").scores();
    assertThat(trained.get("final_loss")).isFinite();
  }

  @Test
  void aSpaceWithoutGradientIsNotTrainedOn() {
    assertThatThrownBy(() -> run(finetune("clip-pil+grey"), "finetune"))
        .isInstanceOfSatisfying(
            TaskFailure.class,
            failure -> assertThat(failure.code()).isEqualTo(FailureCode.INVALID_SPEC))
        .hasMessageContaining("clip-pil+grey has no gradient");
  }

  @Test
  void greyImagesAndUnknownModesAreRefusedInOneSentence() {
    for (String mode : new String[] {"clip", "multi"}) {
      FeatureSpace space = new FeatureSpace(clip, mode);
      assertThatThrownBy(
              () ->
                  run(new ReferenceTask(TinyWorld.source(world.dataset), space, null), "reference"))
          .isInstanceOfSatisfying(
              TaskFailure.class,
              failure -> assertThat(failure.code()).isEqualTo(FailureCode.INVALID_SPEC))
          .hasMessageContaining(mode.equals("clip") ? "not of 1" : "there are raw");
    }
  }

  @Test
  void aWorkerThatTrustsNoCodeSaysWhatToDo() {
    ScriptTrust.set(false);
    assertThatThrownBy(() -> run(finetune("clip+grey"), "finetune"))
        .isInstanceOfSatisfying(
            TaskFailure.class,
            failure -> assertThat(failure.code()).isEqualTo(FailureCode.BAD_INPUT))
        .hasMessageContaining("FEWSTEP_TORCHSCRIPT=allow");
  }
}
