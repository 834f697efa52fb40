package dev.fewstep.cli.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.cli.ProgramRun;
import dev.fewstep.cli.published.ConfigTexts;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.checkpoint.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FinetuneCommandTest {
  @TempDir static Path folder;

  @BeforeAll
  static void inputs() throws IOException {
    TinyModel.weights(folder.resolve("weights.safetensors"));
    Path train = TinyModel.dataset(folder.resolve("train.npz"), 30, 1);
    for (String name : new String[] {"one", "two"}) {
      Path spec = folder.resolve(name + ".yaml");
      TinyModel.extractorSpec(spec, train.toString(), train.toString());
      Files.writeString(
          spec,
          Files.readString(spec)
              .replace("name: tiny", "name: tiny-" + name)
              .replace(
                  "seed: 1, steps: 60",
                  "seed: " + name.length() + (int) name.charAt(0) + ", steps: 8"));
      ProgramRun run =
          ProgramRun.in(
              folder, "features", "train", spec.toString(), "--out", path(name).toString());
      assertThat(run.exitCode()).describedAs(run.err()).isZero();
    }
    Files.writeString(
        path("inputs.yaml"),
        """
        inputs:
          - {name: train, dataset: train.npz}
          - {name: base, weights: weights.safetensors}
          - {name: one, extractor: one/weights.safetensors}
          - {name: two, extractor: two/weights.safetensors}
        """);
    Files.writeString(path("spec.yaml"), spec("constant", ""));
  }

  private static String spec(String schedule, String more) {
    return """
        apiVersion: fewstep/v1
        kind: Experiment
        metadata: {name: tiny}
        spec:
          base:
            data: {train: train, flip: true}
            model: {weights: base}
            sampling: {steps: 3, eta: 0.5}
            loss: {extractor: one, mmdBatch: 6, microBatch: 4}
            training:
              iterations: 5
              learningRate: 0.001
              warmup: 2
              schedule: %s
              ema: 0.5
              checkpointEvery: 100
        %s
          evaluation: {reference: train, extractors: [two], samples: 8}
        """
        .formatted(schedule, more.indent(6).stripTrailing());
  }

  private static Path path(String name) {
    return folder.resolve(name);
  }

  private static ProgramRun finetune(String spec, String out, String... more) {
    List<String> words = new ArrayList<>(List.of("finetune", path(spec).toString()));
    words.addAll(List.of("--inputs", path("inputs.yaml").toString()));
    words.addAll(List.of("--out", path(out).toString()));
    words.addAll(List.of(more));
    return ProgramRun.in(folder, words.toArray(String[]::new));
  }

  @Test
  void anExtendedFinetuneHasTheBitsOfAStraightOne() throws IOException {
    ProgramRun straight = finetune("spec.yaml", "straight");
    assertThat(straight.exitCode()).describedAs(straight.err()).isZero();
    ProgramRun two = finetune("spec.yaml", "short", "--iterations", "2");
    assertThat(two.exitCode()).describedAs(two.err()).isZero();
    Path checkpoint = path("short/checkpoint-2.safetensors");
    assertThat(CheckpointFile.iteration(checkpoint)).isEqualTo(2);
    byte[] before = Files.readAllBytes(checkpoint);
    ProgramRun five =
        finetune("spec.yaml", "five", "--extend", checkpoint.toString(), "--iterations", "5");
    assertThat(five.exitCode()).describedAs(five.err()).isZero();
    assertThat(five.err()).contains("goes on after step 2");
    assertThat(path("five/weights.safetensors"))
        .hasSameBinaryContentAs(path("straight/weights.safetensors"));
    assertThat(Files.mismatch(path("short/weights.safetensors"), path("five/weights.safetensors")))
        .isNotEqualTo(-1);
    // The curves in the checkpoints' metadata hold times; tensors are equal to the bit.
    Map<String, RawTensor> tensors = state("five/checkpoint-5.safetensors");
    Map<String, RawTensor> wanted = state("straight/checkpoint-5.safetensors");
    assertThat(tensors.keySet()).isEqualTo(wanted.keySet()).contains("iteration");
    tensors.forEach(
        (name, tensor) ->
            assertThat(tensor.bytes()).describedAs(name).isEqualTo(wanted.get(name).bytes()));
    assertThat(checkpoint).hasBinaryContent(before);
  }

  /** Previews are made at fractions of what a run was told to do: the first was told less. */
  private static Map<String, RawTensor> state(String checkpoint) throws IOException {
    Map<String, RawTensor> tensors = new LinkedHashMap<>(TensorFile.readRaw(path(checkpoint)));
    assertThat(tensors.keySet().removeIf(name -> name.startsWith("fewstep.preview."))).isTrue();
    return tensors;
  }

  @Test
  void extendingWhatCannotBeIsOneSentence() throws IOException {
    assertThat(finetune("spec.yaml", "once", "--iterations", "1").err()).doesNotContain("fewstep:");
    String checkpoint = path("once/checkpoint-1.safetensors").toString();
    Files.writeString(path("cosine.yaml"), spec("cosine", ""));
    refused("--extend needs --iterations", finetune("spec.yaml", "n", "--extend", checkpoint));
    refused(
        "is of iteration 1 already",
        finetune("spec.yaml", "n", "--extend", checkpoint, "--iterations", "1"));
    refused(
        "the cosine schedule ends",
        finetune("cosine.yaml", "n", "--extend", checkpoint, "--iterations", "3"));
    refused("at least 1, not 0", finetune("spec.yaml", "n", "--iterations", "0"));
    refused(
        "no checkpoint ",
        finetune("spec.yaml", "n", "--extend", checkpoint + "x", "--iterations", "3"));
    for (String file : new String[] {"weights.safetensors", "train.npz", "spec.yaml"}) {
      refused(
          "is no checkpoint of a finetune",
          finetune("spec.yaml", "n", "--extend", path(file).toString(), "--iterations", "3"));
    }
  }

  private static void refused(String complaint, ProgramRun run) {
    assertThat(run.exitCode()).describedAs(run.err()).isEqualTo(2);
    assertThat(run.err()).contains(complaint);
    assertThat(run.err().lines()).hasSize(1);
  }

  @Test
  void theGradientsFlowAndAnEarlyEndAreWhatTheFileAsksFor() throws IOException {
    Files.writeString(
        path("watched.yaml"),
        spec(
            "constant",
            """
            gradientFlowEvery: 2
            validation: {every: 1, samples: 6, patience: 0, fraction: 0.4}
            """));
    ProgramRun run = finetune("watched.yaml", "watched");
    assertThat(run.exitCode()).describedAs(run.err()).isZero();
    assertThat(path("watched/gradient-flow.csv")).content().contains("conv_in");
    assertThat(path("watched/gradient-flow.png")).exists();
    assertThat(path("watched/curve.json")).content().contains("validation_loss");
    assertThat(run.out()).contains("final_loss").contains("nfe 3");
  }

  @Test
  void aPublishedCommandLineRunsHereAndNow() throws IOException {
    Files.writeString(
        path("cifar10.yml"),
        ConfigTexts.cifar10()
            .replace("batch_size: 64", "batch_size: 4")
            .replace("batch_size: 500", "batch_size: 9"));
    String exp = path("exp").toString();
    ProgramRun trained =
        published(
            "--train",
            "--exp",
            exp,
            "--inputs",
            path("inputs.yaml").toString(),
            "--data",
            "train",
            "--weights",
            "base",
            "--extractor",
            "one",
            "--held-out",
            "two",
            "--iterations",
            "1");
    assertThat(trained.exitCode()).describedAs(trained.err()).isZero();
    assertThat(trained.err()).contains("fewstep finetune " + exp + "/logs/run/experiment.yaml");
    assertThat(path("exp/logs/run/weights.safetensors")).exists();
    ProgramRun sheet = published("--sample_sheet", "--exp", exp);
    assertThat(sheet.exitCode()).describedAs(sheet.err()).isZero();
    ProgramRun arc = published("--sample", "--interpolation", "--exp", exp);
    assertThat(arc.exitCode()).describedAs(arc.err()).isZero();
    ProgramRun again = published("--sample", "--interpolation", "--exp", exp);
    assertThat(again.exitCode()).isEqualTo(2);
    assertThat(again.err()).contains("is not empty");
    assertThat(path("exp/image_samples/images-sheet.png")).exists();
    assertThat(path("exp/image_samples/images-interpolation.png")).exists();
    assertThat(path("exp/image_samples/images/10.png")).exists();
  }

  private static ProgramRun published(String... more) {
    List<String> words = new ArrayList<>(List.of("import-config"));
    words.add(path("cifar10.yml").toString());
    words.addAll(List.of("--timesteps", "2", "--doc", "run", "--run"));
    words.addAll(List.of(more));
    return ProgramRun.in(folder, words.toArray(String[]::new));
  }
}
