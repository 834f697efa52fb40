package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.spec.ExperimentSpecs;
import dev.fewstep.schemas.spec.Grid;
import dev.fewstep.schemas.spec.NetworkSpec;
import dev.fewstep.schemas.task.EvaluateTask;
import dev.fewstep.schemas.task.FinetuneTask;
import dev.fewstep.schemas.task.Inputs;
import dev.fewstep.schemas.task.Keyed;
import dev.fewstep.schemas.task.SourceRef;
import dev.fewstep.schemas.task.TaskSpec;
import dev.fewstep.schemas.task.TrialTasks;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.data.NpzImages;
import dev.fewstep.worker.diffusion.UNet;
import dev.fewstep.worker.task.program.CheckpointSink;
import dev.fewstep.worker.task.program.Networks;
import dev.fewstep.worker.task.program.OutputFile;
import dev.fewstep.worker.task.program.Programs;
import dev.fewstep.worker.task.program.StopSignal;
import dev.fewstep.worker.task.program.TaskContext;
import dev.fewstep.worker.task.program.TaskListener;
import dev.fewstep.worker.task.program.TaskResult;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The recipes that ship: read, planned, and run to the end with tiny inputs of the same form. */
class RecipesTest {
  private static final Path RECIPES = Path.of("..", "models", "recipes");
  private static final List<String> NAMES =
      List.of(
          "cifar10-inception",
          "cifar10-clip",
          "celeba64-inception",
          "celeba64-clip",
          "lsun-church-inception",
          "lsun-church-clip");

  @TempDir static Path folder;

  static Stream<String> recipes() {
    return Stream.of("", "published/").flatMap(kind -> NAMES.stream().map(name -> kind + name));
  }

  /** Without two that differ from their neighbours by the extractor's name alone. */
  static Stream<String> different() {
    return recipes()
        .filter(
            name ->
                !name.equals("published/celeba64-clip")
                    && !name.equals("published/lsun-church-clip"));
  }

  private static String text(String recipe) throws IOException {
    return Files.readString(RECIPES.resolve(recipe + ".yaml"));
  }

  private static TrialTasks plan(ExperimentSpec spec, Map<String, Artifact> inputs) {
    Grid grid = Grid.of(spec.spec());
    assertThat(grid.size()).isEqualTo(1);
    return TrialTasks.of(grid.point(0), spec.spec().evaluation(), Inputs.of(inputs));
  }

  private static Map<String, Artifact> names(ExperimentSpec spec) {
    Map<String, Artifact> artifacts = new LinkedHashMap<>();
    var base = Grid.of(spec.spec()).point(0).base();
    put(artifacts, base.data().train(), ArtifactKind.DATASET);
    put(artifacts, base.model().weights().orElseThrow(), ArtifactKind.WEIGHTS);
    put(artifacts, base.loss().extractor().orElseThrow(), ArtifactKind.EXTRACTOR);
    spec.spec()
        .evaluation()
        .extractors()
        .forEach(name -> put(artifacts, name, ArtifactKind.EXTRACTOR));
    return artifacts;
  }

  private static void put(Map<String, Artifact> artifacts, String name, ArtifactKind kind) {
    String digest = String.format("%064x", artifacts.size() + 1);
    artifacts.put(name, new Artifact(kind, name, 1, digest));
  }

  @Test
  void nothingElseShips() throws IOException {
    try (Stream<Path> files = Files.walk(RECIPES)) {
      assertThat(
              files
                  .filter(Files::isRegularFile)
                  .map(file -> RECIPES.relativize(file).toString().replace(".yaml", "")))
          .containsExactlyInAnyOrderElementsOf(recipes().toList());
    }
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void isPlanned(String recipe) throws IOException {
    ExperimentSpec spec = ExperimentSpecs.parse(recipe + ".yaml", text(recipe));
    String suffix = recipe.startsWith("published/") ? "-published" : "";
    assertThat(spec.metadata().name()).isEqualTo(recipe.replace("published/", "") + suffix);
    TrialTasks tasks = plan(spec, names(spec));
    assertThat(tasks.references()).hasSize(2);
    FinetuneTask finetune = tasks.finetune().spec();
    assertThat(finetune.flip()).isTrue();
    assertThat(finetune.training().ema()).isZero();
    assertThat(finetune.training().warmup()).isZero();
    assertThat(finetune.sampling().steps()).isEqualTo(5);
    assertThat(tasks.evaluate().spec().samples()).isEqualTo(50_000);
    // Unlike the published loop, the number of iterations asked for trains for 500 loop steps.
    if (suffix.isEmpty()) {
      int batches = finetune.loss().mmdBatch() / finetune.loss().microBatch();
      assertThat(finetune.training().iterations() * batches).isEqualTo(500);
    }
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void theReadmeTableSaysTheSame(String recipe) throws IOException {
    ExperimentSpec spec = ExperimentSpecs.parse(recipe + ".yaml", text(recipe));
    var base = Grid.of(spec.spec()).point(0).base();
    String row =
        "| `%s` | %s | %d%s | %s | %d%s | %s | %s | %d |"
            .formatted(
                recipe,
                base.loss().extractor().orElseThrow(),
                base.loss().mmdBatch(),
                base.loss().microBatch().equals(base.loss().mmdBatch())
                    ? ""
                    : " (" + base.loss().microBatch() + ")",
                base.loss().precision().name().toLowerCase(java.util.Locale.ROOT),
                base.training().iterations(),
                base.training().accumulate() == 1
                    ? ""
                    : " of " + base.training().accumulate() + " batches",
                base.training().learningRate().toString().toLowerCase(java.util.Locale.ROOT),
                base.training().clipNorm(),
                base.training().checkpointEvery());
    assertThat(Files.readString(Path.of("..", "docs", "recipes.md"))).contains(row);
  }

  @ParameterizedTest
  @MethodSource("different")
  void runsToTheEndWithTinyInputs(String recipe) throws Exception {
    Path work = Files.createDirectories(folder.resolve(recipe));
    String data = recipe.replace("published/", "").replaceAll("-(inception|clip)$", "");
    int edge = data.equals("lsun-church") ? 32 : 16;
    ExperimentSpec spec = tiny(recipe);
    var base = Grid.of(spec.spec()).point(0).base();
    Map<String, Path> files = new LinkedHashMap<>();
    files.put(base.data().train(), dataset(edge));
    files.put(base.model().weights().orElseThrow(), weights(data, edge));
    files.put("fid-inception", extractor("a", edge));
    files.put("clip-vit-b-32", extractor("b", edge));
    Map<String, Artifact> artifacts = new LinkedHashMap<>();
    Map<SourceRef, Path> inputs = new LinkedHashMap<>();
    names(spec)
        .forEach(
            (name, artifact) -> {
              try {
                InputFile file = InputFile.of(artifact.kind(), files.get(name));
                artifacts.put(name, new Artifact(artifact.kind(), name, 1, file.sha256()));
                inputs.put(SourceRef.digest(file.sha256()), file.path());
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    List<String> made = new ArrayList<>();
    TrialTasks tasks = plan(spec, artifacts);
    for (Keyed<? extends TaskSpec> task : tasks.all()) {
      TaskResult result = run(task.spec(), inputs, work.resolve(task.key()));
      for (OutputFile file : result.files()) {
        inputs.put(SourceRef.upstream(task.key(), file.kind()), file.path());
        made.add(task.spec().kind() + " " + file.name());
      }
      if (task.spec() instanceof EvaluateTask) {
        assertThat(result.scores())
            .containsEntry("nfe", 5.0)
            .containsEntry("samples", 12.0)
            .allSatisfy((name, value) -> assertThat(value).isFinite());
      }
      if (task.spec() instanceof FinetuneTask finetune) {
        assertThat(result.scores().get("final_loss")).isFinite();
        assertThat(inputs.get(SourceRef.upstream(task.key(), ArtifactKind.WEIGHTS)))
            .satisfies(
                file ->
                    assertThat(InputFile.of(ArtifactKind.WEIGHTS, file).sha256())
                        .isNotEqualTo(finetune.weights().digest().orElseThrow()));
      }
    }
    assertThat(made)
        .contains(
            "FINETUNE weights.safetensors",
            "FINETUNE before.png",
            "FINETUNE sheet.png",
            "EVALUATE scores.json");
  }

  private static TaskResult run(TaskSpec spec, Map<SourceRef, Path> inputs, Path directory)
      throws Exception {
    return Programs.run(
        spec,
        new TaskContext(
            inputs,
            Files.createDirectories(directory),
            Optional.empty(),
            Device.cpu(),
            1,
            TaskListener.SILENT,
            StopSignal.never(),
            CheckpointSink.NONE));
  }

  /** The recipe with few images and iterations; everything else as it ships. */
  private static ExperimentSpec tiny(String recipe) throws IOException {
    JsonNode tree = new YAMLMapper().readTree(text(recipe));
    ObjectNode loss = (ObjectNode) tree.at("/spec/base/loss");
    int batches =
        loss.has("microBatch")
            ? loss.path("mmdBatch").asInt() / loss.path("microBatch").asInt()
            : 1;
    loss.put("mmdBatch", 4 * batches);
    if (batches > 1) {
      loss.put("microBatch", 4);
    }
    ((ObjectNode) tree.at("/spec/base/training")).put("iterations", 2).put("checkpointEvery", 1);
    ((ObjectNode) tree.at("/spec/evaluation")).put("samples", 12).put("batch", 5);
    return ExperimentSpecs.parse(recipe + ".json", Json.messages().writeValueAsString(tree));
  }

  /** 26 images: six batches of 4 and a last one of 2. */
  private static Path dataset(int edge) throws IOException {
    Path file = folder.resolve("data-" + edge + ".npz");
    if (!Files.exists(file)) {
      Random random = new Random(edge);
      ImageShape shape = new ImageShape(3, edge, edge);
      byte[] pixels = new byte[26 * shape.elements()];
      int[] labels = new int[26];
      for (int i = 0; i < pixels.length; i++) {
        int image = i / shape.elements();
        labels[image] = image % 2;
        pixels[i] = (byte) (random.nextInt(100) + 150 * labels[image]);
      }
      NpzImages.write(file, new ByteImages(shape, pixels, Optional.of(labels)));
    }
    return file;
  }

  /** The recipe's network, narrow and for small images. */
  private static Path weights(String data, int edge) throws IOException {
    String multipliers =
        switch (data) {
          case "cifar10" -> "[1, 2, 2, 2]";
          case "celeba64" -> "[1, 2, 2, 2, 4]";
          default -> "[1, 1, 2, 2, 4, 4]";
        };
    Path file = folder.resolve("weights-" + data + ".safetensors");
    if (!Files.exists(file)) {
      NetworkSpec spec =
          Json.specs()
              .readValue(
                  """
                  {"imageSize": %d, "channels": 3, "width": 8, "multipliers": %s, "resBlocks": 2,
                   "attention": [8], "groups": 4, "dropout": %s}
                  """
                      .formatted(edge, multipliers, data.equals("lsun-church") ? 0.0 : 0.1),
                  NetworkSpec.class);
      try (NDManager manager = TorchEngine.newManager(Device.cpu());
          UNet network = UNet.initialise(Networks.config(spec), manager, 3, false)) {
        Networks.save(file, network.parameters(), spec);
      }
    }
    return file;
  }

  private static Path extractor(String name, int edge) throws IOException {
    Path out = folder.resolve("extractor-" + name + "-" + edge);
    if (!Files.exists(out)) {
      Path data = dataset(edge).toAbsolutePath();
      Path spec = folder.resolve("extractor-" + name + "-" + edge + ".yaml");
      Files.writeString(
          spec,
          """
          network:
            name: tiny-%s
            image: {channels: 3, height: %d, width: %d}
            blocks:
              - {channels: 4, kernel: 3, stride: 2, activation: relu}
            head: {flatten: false, width: 3, activation: tanh}
            classes: 2
          data:
            train: %s
            test: %s
          training: {seed: %d, steps: 5, batch: 8, learningRate: 0.02, warmup: 1, shift: 0}
          """
              .formatted(name, edge, edge, data, data, (int) name.charAt(0)));
      ProgramRun run =
          ProgramRun.in(folder, "features", "train", spec.toString(), "--out", out.toString());
      assertThat(run.exitCode()).describedAs(run.err()).isZero();
    }
    return out.resolve("weights.safetensors");
  }
}
