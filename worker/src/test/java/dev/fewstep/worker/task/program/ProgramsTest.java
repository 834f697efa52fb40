package dev.fewstep.worker.task.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.spec.BandwidthRule;
import dev.fewstep.schemas.spec.KernelKind;
import dev.fewstep.schemas.spec.TrainingSpec;
import dev.fewstep.schemas.task.EvaluateTask;
import dev.fewstep.schemas.task.FinetuneTask;
import dev.fewstep.schemas.task.MmdLossTask;
import dev.fewstep.schemas.task.PretrainTask;
import dev.fewstep.schemas.task.SourceRef;
import dev.fewstep.schemas.task.TaskSpec;
import dev.fewstep.schemas.task.WeightedSpace;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The four programs on files alone, as the local verbs call them. */
class ProgramsTest {
  private static final SourceRef BASE = TinyWorld.upstream("base", ArtifactKind.WEIGHTS);
  private static final SourceRef STATISTICS =
      TinyWorld.upstream("reference", ArtifactKind.STATISTICS);

  @TempDir static Path shared;
  private static TinyWorld world;
  private static Map<SourceRef, Path> inputs;
  @TempDir Path directory;

  @BeforeAll
  static void makeInputs() throws Exception {
    world = new TinyWorld(shared);
    inputs = new HashMap<>();
    inputs.put(TinyWorld.source(world.dataset), world.dataset);
    inputs.put(TinyWorld.source(world.extractor), world.extractor);
    run(world.pretrain(3), Files.createDirectory(shared.resolve("base")), 1);
    inputs.put(BASE, shared.resolve("base").resolve("weights.safetensors"));
    run(world.reference(), Files.createDirectory(shared.resolve("reference")), 2);
    inputs.put(STATISTICS, shared.resolve("reference").resolve("statistics.npz"));
  }

  private static TaskResult run(TaskSpec spec, Path target, int shards)
      throws IOException, TaskStoppedException {
    return Programs.run(
        spec,
        new TaskContext(
            inputs,
            target,
            Optional.empty(),
            Device.cpu(),
            shards,
            TaskListener.SILENT,
            StopSignal.never(),
            CheckpointSink.NONE));
  }

  private Path fresh(String name) throws IOException {
    return Files.createDirectory(directory.resolve(name));
  }

  /** Runs until a step is done, is released there, and is resumed from the checkpoint. */
  private TaskResult interrupted(TaskSpec spec, int atStep, Path target) throws Exception {
    AtomicLong steps = new AtomicLong();
    Path checkpoint = directory.resolve("checkpoint");
    TaskListener counting =
        new TaskListener() {
          @Override
          public void progress(long step, long totalSteps) {
            steps.set(step);
          }

          @Override
          public void point(String name, long step, double value) {}

          @Override
          public void trained(int images, Map<String, Double> seconds) {}

          @Override
          public void log(String line) {}
        };
    TaskContext first =
        new TaskContext(
            inputs,
            fresh("first"),
            Optional.empty(),
            Device.cpu(),
            2,
            counting,
            () -> steps.get() >= atStep ? StopSignal.Request.RELEASE : StopSignal.Request.CONTINUE,
            (step, file) -> {
              assertThat(step).isLessThanOrEqualTo(atStep);
              Files.copy(file, checkpoint, StandardCopyOption.REPLACE_EXISTING);
            });
    assertThatThrownBy(() -> Programs.run(spec, first)).isInstanceOf(TaskStoppedException.class);
    assertThat(steps).hasValue(atStep);
    return Programs.run(
        spec,
        new TaskContext(
            inputs,
            target,
            Optional.of(checkpoint),
            Device.cpu(),
            2,
            TaskListener.SILENT,
            StopSignal.never(),
            CheckpointSink.NONE));
  }

  @Test
  void pretrainingGoesOnFromACheckpointBitByBit() throws Exception {
    PretrainTask spec = world.pretrain(6);
    Path whole = fresh("whole");
    TaskResult uninterrupted = run(spec, whole, 2);
    Path parts = fresh("parts");
    TaskResult resumed = interrupted(spec, 3, parts);
    assertThat(parts.resolve("weights.safetensors"))
        .hasSameBinaryContentAs(whole.resolve("weights.safetensors"));
    assertThat(resumed.scores().get("final_loss"))
        .isEqualTo(uninterrupted.scores().get("final_loss"));
    assertThat(points(parts, "loss")).isEqualTo(points(whole, "loss")).hasSize(6);
    assertThat(uninterrupted.files())
        .extracting(OutputFile::name)
        .containsExactlyInAnyOrder("weights.safetensors", "curve.json", "sheet.png");
    assertThat(Networks.spec(whole.resolve("weights.safetensors"))).isEqualTo(TinyWorld.network());
  }

  @Test
  void finetuningGoesOnFromACheckpointBitByBit() throws Exception {
    FinetuneTask spec = world.finetune(BASE, 5);
    Path whole = fresh("whole");
    TaskResult uninterrupted = run(spec, whole, 2);
    Path parts = fresh("parts");
    interrupted(spec, 3, parts);
    assertThat(parts.resolve("weights.safetensors"))
        .hasSameBinaryContentAs(whole.resolve("weights.safetensors"));
    assertThat(parts.resolve("sheet.png")).hasSameBinaryContentAs(whole.resolve("sheet.png"));
    assertThat(parts.resolve("before.png")).hasSameBinaryContentAs(whole.resolve("before.png"));
    for (String name : List.of("sheet-1.png", "sheet-2.png", "sheet-3.png", "sheet-4.png")) {
      assertThat(parts.resolve(name)).hasSameBinaryContentAs(whole.resolve(name));
    }
    assertThat(Files.mismatch(whole.resolve("sheet-1.png"), whole.resolve("sheet-4.png")))
        .isGreaterThanOrEqualTo(0);
    assertThat(parts.resolve("denoising.png"))
        .hasSameBinaryContentAs(whole.resolve("denoising.png"));
    assertThat(uninterrupted.scores()).contains(entry("nfe", 2.0)).containsKey("final_loss");
    assertThat(Files.mismatch(whole.resolve("weights.safetensors"), inputs.get(BASE)))
        .isGreaterThanOrEqualTo(0);
  }

  /**
   * Gradient flow, validation, several spaces, published parity; then extended by its checkpoint.
   */
  @Test
  void aFinetuneKeepsWhatItIsAskedFor() throws Exception {
    FinetuneTask plain = world.finetune(BASE, 3);
    TrainingSpec training =
        Json.specs()
            .readValue(
                "{\"iterations\":4,\"parity\":\"published\",\"accumulate\":2,"
                    + "\"gradientFlowEvery\":2,\"validation\":{\"every\":1,\"samples\":4,"
                    + "\"fraction\":0.25}}",
                TrainingSpec.class);
    MmdLossTask loss =
        new MmdLossTask(
            KernelKind.RBF,
            Optional.empty(),
            Optional.empty(),
            BandwidthRule.MEDIAN,
            List.of(0.5, 2.0),
            null,
            null,
            null,
            null,
            null,
            world.space(),
            0.5,
            List.of(new WeightedSpace(world.space(), 2)),
            8,
            4);
    FinetuneTask spec = with(plain, training, loss);
    Path target = fresh("asked");
    TaskResult result = run(spec, target, 2);
    assertThat(result.files())
        .extracting(OutputFile::name)
        .containsExactlyInAnyOrder(
            "weights.safetensors",
            "checkpoint-4.safetensors",
            "curve.json",
            "gradient-flow.json",
            "gradient-flow.csv",
            "gradient-flow.png",
            "before.png",
            "sheet-1.png",
            "sheet-2.png",
            "sheet-3.png",
            "sheet.png",
            "denoising.png");
    assertThat(result.scores()).containsKeys("validation_loss", "best_iteration", "iterations");
    assertThat(points(target, "validation_loss")).hasSize(4);
    double measured = result.scores().get("validation_mmd");
    JsonNode flow =
        Json.messages().readTree(target.resolve("gradient-flow.json").toFile()).get("records");
    assertThat(flow).hasSize(2);
    assertThat(flow.get(1).get("step").asInt()).isEqualTo(4);
    assertThat(Files.readAllLines(target.resolve("gradient-flow.csv")))
        .hasSize(1 + 2 * flow.get(0).get("layers").size())
        .startsWith("step,layer,mean,max,norm");
    assertThat(ImageIO.read(target.resolve("gradient-flow.png").toFile()).getHeight())
        .isEqualTo(30 + 8 * flow.get(0).get("layers").size());

    Path straight = fresh("straight");
    run(with(plain, training.withIterations(6), loss), straight, 2);
    Path extended = fresh("extended");
    Programs.run(
        with(plain, training.withIterations(6), loss),
        new TaskContext(
            inputs,
            extended,
            Optional.of(target.resolve("checkpoint-4.safetensors")),
            Device.cpu(),
            2,
            TaskListener.SILENT,
            StopSignal.never(),
            CheckpointSink.NONE));
    assertThat(extended.resolve("weights.safetensors"))
        .hasSameBinaryContentAs(straight.resolve("weights.safetensors"));
    assertThat(points(extended, "loss")).isEqualTo(points(straight, "loss")).hasSize(6);
    TaskResult resumedAtItsEnd =
        Programs.run(
            spec,
            new TaskContext(
                inputs,
                fresh("again"),
                Optional.of(target.resolve("checkpoint-4.safetensors")),
                Device.cpu(),
                1,
                TaskListener.SILENT,
                StopSignal.never(),
                CheckpointSink.NONE));
    assertThat(resumedAtItsEnd.scores()).containsEntry("validation_mmd", measured);
    assertThat(extended.resolve("gradient-flow.csv"))
        .hasSameBinaryContentAs(straight.resolve("gradient-flow.csv"));
  }

  private static FinetuneTask with(FinetuneTask task, TrainingSpec training, MmdLossTask loss) {
    return new FinetuneTask(
        task.weights(),
        task.dataset(),
        task.flip(),
        task.sampling(),
        loss,
        training,
        Optional.empty(),
        task.seed());
  }

  private static Map<Long, Double> points(Path target, String name) throws IOException {
    Map<Long, Double> points = new HashMap<>();
    Json.messages()
        .readTree(target.resolve("curve.json").toFile())
        .get("points")
        .forEach(
            point -> {
              if (point.get("name").asText().equals(name)) {
                points.put(point.get("step").asLong(), point.get("value").asDouble());
              }
            });
    return points;
  }

  @Test
  void scoresDependOnNeitherThreadsNorBatch() throws Exception {
    TaskResult one = run(world.evaluate(BASE, STATISTICS, 70, 9), fresh("a"), 1);
    TaskResult threads = run(world.evaluate(BASE, STATISTICS, 70, 9), fresh("b"), 3);
    TaskResult batch = run(world.evaluate(BASE, STATISTICS, 70, 70), fresh("c"), 1);
    String id = world.space().id();
    assertThat(one.scores()).containsOnlyKeys("fd:" + id, "kd:" + id, "nfe", "samples");
    assertThat(one.scores().get("fd:" + id)).isPositive();
    assertThat(one.scores()).contains(entry("nfe", 2.0), entry("samples", 70.0));
    assertThat(threads.scores()).isEqualTo(one.scores());
    // The noise is the same; sums within a convolution may be made in another order.
    assertThat(batch.scores().get("fd:" + id))
        .isCloseTo(one.scores().get("fd:" + id), within(1e-6));
    assertThat(directory.resolve("b").resolve("sheet.png"))
        .hasSameBinaryContentAs(directory.resolve("a").resolve("sheet.png"));
    JsonNode json =
        Json.messages().readTree(directory.resolve("a").resolve("scores.json").toFile());
    assertThat(json.at("/spaces/0/fd").asDouble()).isEqualTo(one.scores().get("fd:" + id));
    assertThat(json.at("/spaces/0/referenceCount").asInt()).isEqualTo(96);
  }

  @Test
  void refusesFewerSamplesThanDimensions() throws Exception {
    EvaluateTask spec = world.evaluate(BASE, STATISTICS, 3, 3);
    assertThatThrownBy(() -> run(spec, fresh("a"), 1))
        .isInstanceOfSatisfying(
            TaskFailure.class, e -> assertThat(e.code()).isEqualTo(FailureCode.INVALID_SPEC))
        .hasMessageContaining("4 dimensions");
  }

  @Test
  void refusesAModeThatTheExtractorHasNot() throws Exception {
    Path target = fresh("a");
    assertThatThrownBy(
            () ->
                run(
                    new dev.fewstep.schemas.task.ReferenceTask(
                        TinyWorld.source(world.dataset),
                        new dev.fewstep.schemas.task.FeatureSpace(
                            TinyWorld.source(world.extractor), "nonsense"),
                        null),
                    target,
                    1))
        .isInstanceOfSatisfying(
            TaskFailure.class, e -> assertThat(e.code()).isEqualTo(FailureCode.INVALID_SPEC));
  }

  @Test
  void failsOnAnImageThatIsNotFinite() throws Exception {
    Path broken = directory.resolve("broken.safetensors");
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      Map<String, NDArray> weights = TensorFile.read(inputs.get(BASE), manager);
      weights.replaceAll((name, value) -> value.mul(Float.NaN));
      Networks.save(broken, weights, TinyWorld.network());
    }
    SourceRef source = TinyWorld.upstream("broken", ArtifactKind.WEIGHTS);
    Map<SourceRef, Path> all = new HashMap<>(inputs);
    all.put(source, broken);
    TaskContext context =
        new TaskContext(
            all,
            fresh("a"),
            Optional.empty(),
            Device.cpu(),
            2,
            TaskListener.SILENT,
            StopSignal.never(),
            CheckpointSink.NONE);
    assertThatThrownBy(() -> Programs.run(world.evaluate(source, STATISTICS, 20, 4), context))
        .isInstanceOfSatisfying(
            TaskFailure.class, e -> assertThat(e.code()).isEqualTo(FailureCode.NOT_FINITE));
    assertThatThrownBy(() -> Programs.run(world.finetune(source, 2), context))
        .isInstanceOfSatisfying(
            TaskFailure.class, e -> assertThat(e.code()).isEqualTo(FailureCode.NOT_FINITE));
  }

  @Test
  void refusesWeightsThatDoNotSayTheirNetwork() throws Exception {
    Path silent = directory.resolve("silent.safetensors");
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      TensorFile.write(silent, TensorFile.read(inputs.get(BASE), manager), Map.of());
    }
    assertThatThrownBy(() -> Networks.spec(silent))
        .isInstanceOfSatisfying(
            TaskFailure.class, e -> assertThat(e.code()).isEqualTo(FailureCode.BAD_INPUT));
  }

  @Test
  void stopsAtOnceWhenNobodyWantsTheResult() throws Exception {
    TaskContext context =
        new TaskContext(
            inputs,
            fresh("a"),
            Optional.empty(),
            Device.cpu(),
            1,
            TaskListener.SILENT,
            () -> StopSignal.Request.ABANDON,
            (step, file) -> {
              throw new AssertionError("no checkpoint of an abandoned task is wanted");
            });
    assertThatThrownBy(() -> Programs.run(world.pretrain(4), context))
        .isInstanceOfSatisfying(
            TaskStoppedException.class,
            e -> assertThat(e.request()).isEqualTo(StopSignal.Request.ABANDON));
    assertThatThrownBy(() -> Programs.run(world.evaluate(BASE, STATISTICS, 20, 4), context))
        .isInstanceOf(TaskStoppedException.class);
  }
}
