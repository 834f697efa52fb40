package dev.fewstep.worker.task.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.spec.MetricKind;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.schemas.task.EvaluateTask;
import dev.fewstep.schemas.task.ReferenceTask;
import dev.fewstep.schemas.task.ScoredSpace;
import dev.fewstep.schemas.task.SourceRef;
import dev.fewstep.schemas.task.TaskSpec;
import dev.fewstep.worker.checkpoint.NpzFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.evaluation.FeatureStatistics;
import dev.fewstep.worker.evaluation.FrechetDistance;
import dev.fewstep.worker.tensor.TorchEngine;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every metric, imported statistics and the guards, through the programs. */
class EvaluateProgramTest {
  private static final SourceRef BASE = TinyWorld.upstream("base", ArtifactKind.WEIGHTS);
  private static final SourceRef STATISTICS =
      TinyWorld.upstream("reference", ArtifactKind.STATISTICS);
  private static final List<MetricKind> MANY =
      List.of(MetricKind.FD, MetricKind.KD, MetricKind.KID, MetricKind.PR, MetricKind.DC);

  @TempDir static Path shared;
  private static TinyWorld world;
  private static Map<SourceRef, Path> inputs;
  @TempDir Path directory;
  private final List<String> log = new ArrayList<>();

  @BeforeAll
  static void makeInputs() throws Exception {
    world = new TinyWorld(shared);
    inputs = new HashMap<>();
    inputs.put(TinyWorld.source(world.dataset), world.dataset);
    inputs.put(TinyWorld.source(world.extractor), world.extractor);
    Path base = Files.createDirectory(shared.resolve("base"));
    Programs.run(world.pretrain(1), context(base, inputs, TaskListener.SILENT));
    inputs.put(BASE, base.resolve("weights.safetensors"));
    Path reference = Files.createDirectory(shared.resolve("reference"));
    Programs.run(world.reference(), context(reference, inputs, TaskListener.SILENT));
    inputs.put(STATISTICS, reference.resolve("statistics.npz"));
  }

  private static TaskContext context(
      Path target, Map<SourceRef, Path> files, TaskListener listener) {
    return new TaskContext(
        files,
        target,
        Optional.empty(),
        Device.cpu(),
        2,
        listener,
        StopSignal.never(),
        CheckpointSink.NONE);
  }

  private TaskResult run(TaskSpec spec, String name) throws Exception {
    TaskListener listener =
        new TaskListener() {
          @Override
          public void progress(long step, long totalSteps) {}

          @Override
          public void point(String name, long step, double value) {}

          @Override
          public void trained(int images, Map<String, Double> seconds) {}

          @Override
          public void log(String line) {
            log.add(line);
          }
        };
    Path target = Files.createDirectory(directory.resolve(name));
    TaskResult result = Programs.run(spec, context(target, inputs, listener));
    try (var files = Files.list(target)) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .as("nothing temporary is left")
          .noneMatch(file -> file.endsWith(".f32"));
    }
    return result;
  }

  private EvaluateTask task(
      SourceRef statistics, int samples, int batch, List<MetricKind> metrics, int bootstrap)
      throws Exception {
    return new EvaluateTask(
        BASE,
        new SamplingSpec(2, null, 0.5),
        samples,
        11,
        batch,
        List.of(new ScoredSpace(world.space(), statistics)),
        metrics,
        60,
        bootstrap);
  }

  private JsonNode json(String name) throws Exception {
    return Json.messages()
        .readTree(directory.resolve(name).resolve("scores.json").toFile())
        .at("/spaces/0");
  }

  private static SourceRef add(String name, Path file) {
    SourceRef source = TinyWorld.upstream(name, ArtifactKind.STATISTICS);
    inputs.put(source, file);
    return source;
  }

  @Test
  void everyMetricIsTheSameWhateverTheBatch() throws Exception {
    TaskResult small = run(task(STATISTICS, 70, 9, MANY, 50), "a");
    TaskResult large = run(task(STATISTICS, 70, 64, MANY, 50), "b");
    String id = world.space().id();
    assertThat(small.scores())
        .containsOnlyKeys(
            "nfe",
            "samples",
            "fd:" + id,
            "fd-low:" + id,
            "fd-high:" + id,
            "kd:" + id,
            "kd-low:" + id,
            "kd-high:" + id,
            "kid:" + id,
            "kid-std:" + id,
            "precision:" + id,
            "recall:" + id,
            "density:" + id,
            "coverage:" + id);
    small
        .scores()
        .forEach(
            (name, value) ->
                assertThat(large.scores().get(name))
                    .as(name)
                    .isCloseTo(value, within(1e-6 * Math.max(1, Math.abs(value)))));
    assertThat(small.scores().get("fd:" + id))
        .isBetween(small.scores().get("fd-low:" + id), small.scores().get("fd-high:" + id));
    assertThat(json("a").at("/protocols/fd").asText())
        .matches("FD-70\\[tiny-penultimate, real [0-9a-f]{12}, u8]");
    assertThat(json("a").at("/protocols/kid").asText())
        .matches("KD-60\\[tiny-penultimate, real [0-9a-f]{12}, 100x60, u8]");
    assertThat(json("a").at("/intervals/kd/level").asDouble()).isEqualTo(0.95);
    assertThat(json("a").at("/warnings")).isEmpty();
    assertThat(log).anyMatch(line -> line.startsWith("Precision-60[tiny-penultimate, real "));
  }

  @Test
  void statisticsOfAnotherProgramStandInForTheReference() throws Exception {
    Path bare = directory.resolve("pytorch-fid.npz");
    Map<String, RawTensor> arrays =
        NpzFile.read(inputs.get(STATISTICS), List.of("mu", "sigma")::contains);
    NpzFile.write(bare, arrays);
    SourceRef imported = add("imported", bare);
    List<MetricKind> both = List.of(MetricKind.FD, MetricKind.KD);
    TaskResult own = run(task(STATISTICS, 70, 70, both, 0), "own");
    TaskResult theirs = run(task(imported, 70, 70, both, 0), "theirs");
    String id = world.space().id();
    assertThat(theirs.scores().get("fd:" + id)).isEqualTo(own.scores().get("fd:" + id));
    assertThat(theirs.scores()).doesNotContainKey("kd:" + id).containsEntry("warnings", 3.0);
    assertThat(json("theirs").at("/warnings").toString())
        .contains("no feature vectors: there is no kd")
        .contains("do not say how many images")
        .contains("do not say whether their images were augmented");
    assertThat(log).anyMatch(line -> line.startsWith("warning: tiny/penultimate: The reference"));
  }

  @Test
  void whatItWritesIsReadAsPytorchFidReadsIt() throws Exception {
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      Map<String, ai.djl.ndarray.NDArray> read = TensorFile.read(inputs.get(STATISTICS), manager);
      assertThat(read.get("mu").getDataType()).isEqualTo(DataType.FLOAT64);
      assertThat(read.get("sigma").getShape().getShape()).containsExactly(4, 4);
      FeatureStatistics statistics = FeatureStatistics.load(inputs.get(STATISTICS));
      assertThat(FrechetDistance.between(manager, statistics, statistics))
          .isCloseTo(0, within(1e-9));
    }
  }

  @Test
  void keepsAsManyFeaturesOfTheReferenceAsAsked() throws Exception {
    ReferenceTask few = new ReferenceTask(TinyWorld.source(world.dataset), world.space(), 10);
    run(few, "few");
    Path file = directory.resolve("few").resolve("statistics.npz");
    assertThat(NpzFile.read(file).get("features").shape()).containsExactly(10, 4);
    assertThat(FeatureStatistics.load(file).count()).isEqualTo(96);
  }

  @Test
  void augmentedOrForeignStatisticsAreRefused() throws Exception {
    refusesProvenance("{\"dataset\":\"d\",\"extractor\":\"tiny/penultimate\",\"augmented\":true}")
        .hasMessageContaining("augmented images");
    refusesProvenance("{\"dataset\":\"d\",\"extractor\":\"other\",\"augmented\":false}")
        .hasMessageContaining("of the space other, not of tiny/penultimate");
    refusesProvenance("{").hasMessageContaining("'provenance' is not JSON");
  }

  private org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> refusesProvenance(
      String provenance) throws Exception {
    Map<String, RawTensor> arrays = new LinkedHashMap<>(NpzFile.read(inputs.get(STATISTICS)));
    byte[] text = provenance.getBytes(StandardCharsets.UTF_8);
    arrays.put(
        "provenance",
        new RawTensor(DataType.UINT8, new long[] {text.length}, ByteBuffer.wrap(text)));
    Path file = Files.createTempFile(directory, "statistics", ".npz");
    NpzFile.write(file, arrays);
    SourceRef source = add("changed", file);
    return assertThatThrownBy(
        () -> run(task(source, 70, 70, MANY, 0), file.getFileName().toString() + ".d"));
  }

  @Test
  void whatCannotBeScoredIsRefusedBeforeAnImageIsMade() throws Exception {
    assertThatThrownBy(() -> run(task(STATISTICS, 70, 9, List.of(MetricKind.IS), 0), "is"))
        .isInstanceOfSatisfying(
            TaskFailure.class, e -> assertThat(e.code()).isEqualTo(FailureCode.INVALID_SPEC))
        .hasMessageContaining("an extractor that classifies");
    assertThatThrownBy(
            () -> run(task(STATISTICS, 70, 9, List.of(MetricKind.FD_INFINITY), 0), "infinity"))
        .hasMessageContaining("from 5000 samples on and needs more of them, not 70");
    assertThatThrownBy(() -> run(task(STATISTICS, 4, 2, List.of(MetricKind.DC), 0), "dc"))
        .hasMessageContaining("need more than 5 samples, not 4");
    assertThat(log).noneMatch(line -> line.startsWith("samples "));
    // Kernel distances need no covariance.
    assertThat(run(task(STATISTICS, 3, 2, List.of(MetricKind.KD), 0), "kd").scores())
        .containsKey("kd:" + world.space().id());
  }
}
