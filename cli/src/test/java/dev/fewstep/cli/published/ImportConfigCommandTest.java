package dev.fewstep.cli.published;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.cli.ProgramRun;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.spec.ExperimentSpecs;
import dev.fewstep.schemas.spec.Grid;
import dev.fewstep.schemas.spec.GridPoint;
import dev.fewstep.schemas.spec.KernelPrecision;
import dev.fewstep.schemas.spec.ParityKind;
import dev.fewstep.schemas.spec.TimestepSpacing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImportConfigCommandTest {
  @TempDir Path folder;

  @BeforeEach
  void configurations() throws IOException {
    Files.writeString(folder.resolve("cifar10.yml"), ConfigTexts.cifar10());
    Files.writeString(folder.resolve("celeba.yml"), ConfigTexts.celeba());
    Files.writeString(folder.resolve("church.yml"), ConfigTexts.church());
    Files.writeString(folder.resolve("bedroom.yml"), ConfigTexts.bedroom());
  }

  private ProgramRun run(String config, String... more) {
    List<String> words = new ArrayList<>(List.of("import-config"));
    words.add(folder.resolve(config).toString());
    words.addAll(List.of(more));
    return ProgramRun.in(folder, words.toArray(String[]::new));
  }

  private GridPoint point(ProgramRun run) {
    assertThat(run.exitCode()).describedAs(run.err()).isZero();
    ExperimentSpec spec = ExperimentSpecs.parse("x.yaml", run.out());
    Grid grid = Grid.of(spec.spec());
    assertThat(grid.size()).isEqualTo(1);
    return grid.point(0);
  }

  /** Notes as one text, comment marks and line ends taken out. */
  private static String notes(ProgramRun run) {
    return run.out().replaceAll("\n *# +", " ");
  }

  @Test
  void cifarForFiveStepsAsTheIssueWritesIt() {
    ProgramRun run = run("cifar10.yml", "--timesteps", "5");
    GridPoint point = point(run);
    assertThat(point.seed()).isEqualTo(42);
    assertThat(point.base().data().train()).isEqualTo("cifar10-train");
    assertThat(point.base().data().flip()).isTrue();
    assertThat(point.base().model().weights()).contains("pesser-cifar10-ema");
    assertThat(point.base().sampling().steps()).isEqualTo(5);
    assertThat(point.base().sampling().eta()).isZero();
    assertThat(point.base().loss().extractor()).contains("fid-inception");
    assertThat(point.base().loss().mmdBatch()).isEqualTo(64);
    assertThat(point.base().loss().precision()).isEqualTo(KernelPrecision.FLOAT64);
    assertThat(point.base().training().learningRate()).isEqualTo(5e-6);
    assertThat(point.base().training().clipNorm()).isEqualTo(0.5);
    assertThat(point.base().training().warmup()).isZero();
    assertThat(point.base().training().ema()).isZero();
    // 50 epochs of 782.
    assertThat(point.base().training().iterations()).isEqualTo(39_100);
    assertThat(point.base().training().checkpointEvery()).isEqualTo(50);
    ExperimentSpec spec = ExperimentSpecs.parse("x.yaml", run.out());
    assertThat(spec.metadata().name()).isEqualTo("cifar10-5-steps");
    assertThat(spec.spec().evaluation().samples()).isEqualTo(50_000);
    assertThat(spec.spec().evaluation().batch()).isEqualTo(500);
    assertThat(spec.spec().evaluation().extractors()).containsExactly("clip-vit-b-32");
    assertThat(notes(run))
        .contains("No action was named")
        .contains("train_cifar;")
        .contains("does not read optim.grad_clip (1.0)")
        .contains("400 to 700");
  }

  /** Table 5e of the facts, published form: loop steps over accumulation are optimiser steps. */
  @ParameterizedTest
  @CsvSource({
    "cifar10, inception, 64, 1, 0.5, FLOAT64, 39100, 5.0e-6",
    "celeba, inception, 128, 1, 0.5, FLOAT32, 1272, 5.0e-6",
    "church, inception, 32, 4, 1.0, FLOAT32, 987, 1.0e-6",
    "cifar10, clip, 64, 2, 0.5, FLOAT32, 19550, 5.0e-6",
    "celeba, clip, 128, 1, 0.5, FLOAT32, 1272, 5.0e-6",
    "church, clip, 32, 4, 1.0, FLOAT32, 987, 1.0e-6",
  })
  void theSixPublishedTrainings(
      String config,
      String features,
      int batch,
      int accumulate,
      double clip,
      KernelPrecision precision,
      int iterations,
      double rate) {
    String[] words = {
      "--train", "--timesteps", "5", "--features", features, "--parity", "published"
    };
    GridPoint point = point(run(config + ".yml", words));
    assertThat(point.base().loss().mmdBatch()).isEqualTo(batch);
    assertThat(point.base().loss().precision()).isEqualTo(precision);
    assertThat(point.base().training().parity()).isEqualTo(ParityKind.PUBLISHED);
    assertThat(point.base().training().accumulate()).isEqualTo(accumulate);
    assertThat(point.base().training().clipNorm()).isEqualTo(clip);
    assertThat(point.base().training().iterations()).isEqualTo(iterations);
    assertThat(point.base().training().learningRate()).isEqualTo(rate);
    assertThat(point.base().sampling().spacing()).isEqualTo(TimestepSpacing.PUBLISHED);

    ProgramRun meant = run(config + ".yml", "--train", "--timesteps", "5", "--features", features);
    GridPoint ours = point(meant);
    assertThat(ours.base().loss().mmdBatch()).isEqualTo(batch * accumulate);
    assertThat(ours.base().loss().microBatch()).isEqualTo(batch);
    assertThat(ours.base().loss().precision()).isEqualTo(KernelPrecision.FLOAT64);
    assertThat(ours.base().training().parity()).isEqualTo(ParityKind.NONE);
    assertThat(ours.base().training().iterations()).isEqualTo(iterations);
    assertThat(notes(meant).contains("main.py never calls it")).isEqualTo(features.equals("clip"));
    assertThat(notes(meant).contains("one MMD of")).isEqualTo(accumulate > 1);
  }

  @Test
  void everyOptionOfTheCommandLineIsTaken() {
    ProgramRun run =
        ProgramRun.in(
            folder,
            "import-config",
            "--config",
            folder.resolve("church.yml").toString(),
            "--seed",
            "7",
            "--exp",
            "e",
            "--doc",
            "Church 10",
            "--comment",
            "say \"hi\": #1",
            "--verbose",
            "debug",
            "--test",
            "--ni",
            "--train",
            "--resume_training",
            "--use_pretrained",
            "--sample_type",
            "generalized",
            "--skip_type",
            "quad",
            "--timesteps",
            "10",
            "--eta",
            "0.5",
            "--data",
            "d",
            "--weights",
            "w",
            "--extractor",
            "x/multi",
            "--held-out",
            "y,z/mode",
            "--iterations",
            "300");
    GridPoint point = point(run);
    ExperimentSpec spec = ExperimentSpecs.parse("x.yaml", run.out());
    assertThat(spec.metadata().name()).isEqualTo("church-10");
    assertThat(spec.metadata().labels())
        .containsEntry("comment", "say \"hi\": #1")
        .containsEntry("doc", "Church 10");
    assertThat(point.seed()).isEqualTo(7);
    assertThat(spec.spec().evaluation().seed()).isEqualTo(7);
    assertThat(point.base().sampling().spacing()).isEqualTo(TimestepSpacing.QUADRATIC);
    assertThat(point.base().sampling().eta()).isEqualTo(0.5);
    assertThat(point.base().data().train()).isEqualTo("d");
    assertThat(point.base().model().weights()).contains("w");
    assertThat(point.base().loss().extractor()).contains("x/multi");
    assertThat(spec.spec().evaluation().extractors()).containsExactly("y", "z/mode");
    assertThat(point.base().training().iterations()).isEqualTo(300);
    assertThat(notes(run))
        .contains("--ni does nothing")
        .contains("--test does nothing")
        .contains("--verbose does nothing")
        .contains("--resume_training: the published MMD functions ignore it")
        .contains("--use_pretrained does nothing")
        .contains("--skip_type: honoured here");
  }

  @Test
  void stepsThatDoNotDivideAreSaidAndPublishedOnRequest() {
    ProgramRun three = run("cifar10.yml", "--timesteps", "3");
    assertThat(point(three).base().sampling().spacing()).isEqualTo(TimestepSpacing.UNIFORM);
    assertThat(notes(three))
        .contains("makes 4 network evaluations for 3 steps (range(0, 1000, 333))");
    ProgramRun fifteen = run("cifar10.yml", "--timesteps", "15", "--parity", "published");
    assertThat(notes(fifteen)).contains("15 steps make 16 network evaluations");
    ProgramRun quad =
        run("cifar10.yml", "--timesteps", "5", "--skip_type", "quadratic", "--parity", "published");
    assertThat(point(quad).base().sampling().spacing()).isEqualTo(TimestepSpacing.PUBLISHED);
    assertThat(notes(quad)).contains("accepts only 'quad'").contains("ignored in training");
  }

  @Test
  void constantsOfTrainingFromScratchAreCalledOut() {
    ProgramRun run = run("bedroom.yml", "--timesteps", "5");
    assertThat(point(run).base().training().iterations()).isEqualTo(118_480_000);
    assertThat(notes(run)).contains("ATTENTION: learning rate 2.0E-5 and 118,480,000 iterations");
    assertThat(point(run).base().model().weights()).contains("pesser-bedroom-ema");
  }

  @Test
  void pretrainingTakesTheWholeConfiguration() {
    ProgramRun run = run("cifar10.yml", "--timesteps", "5", "--pretrain", "--iterations", "1000");
    GridPoint point = point(run);
    var pretrain = point.base().model().pretrain().orElseThrow();
    assertThat(pretrain.network().dropout()).isEqualTo(0.1);
    assertThat(pretrain.network().multipliers()).containsExactly(1, 2, 2, 2);
    assertThat(pretrain.network().attention()).containsExactly(16);
    assertThat(pretrain.training().iterations()).isEqualTo(1000);
    assertThat(pretrain.training().ema()).isEqualTo(0.9999);
    assertThat(pretrain.training().clipNorm()).isEqualTo(1);
    assertThat(pretrain.training().cosine()).isFalse();
    assertThat(pretrain.training().flip()).isTrue();
    assertThat(pretrain.training().checkpointEvery()).isEqualTo(5000);
    assertThat(pretrain.seed()).isEqualTo(42);
    assertThat(point.base().training().iterations()).isEqualTo(500);
  }

  @Test
  void samplingBecomesOneOfTheVerbs() {
    assertThat(run("cifar10.yml", "--timesteps", "5", "--test_FID", "--exp", "e").out())
        .endsWith(
            "fewstep sample --weights e/logs/cifar10-5-steps/weights.safetensors --steps 5"
                + " --spacing uniform --eta 0.0 --seed 42 --batch 500 -o e/image_samples/images.png"
                + " --count 50000 --images e/image_samples/images\n");
    ProgramRun interpolation =
        run(
            "church.yml",
            "--timesteps",
            "15",
            "--sample",
            "--interpolation",
            "--doc",
            "My run",
            "-i",
            "my images",
            "--parity",
            "published");
    assertThat(interpolation.out())
        .endsWith(
            "fewstep interpolate --weights exp/logs/my-run/weights.safetensors --steps 15 --spacing"
                + " published --eta 0.0 --seed 42 --batch 250 -o 'exp/image_samples/my images-interpolation.png'"
                + " --frames 11 --images 'exp/image_samples/my images'\n");
    ProgramRun sequence =
        run(
            "celeba.yml",
            "--use_pretrained",
            "--sample",
            "--sequence",
            "--weights",
            "w.safetensors");
    assertThat(sequence.out())
        .contains("--weights w.safetensors --steps 1000")
        .contains("--count 8 --show x0 --frames exp/image_samples/images");
    assertThat(notes(sequence)).contains("--timesteps was not given: 1000");
    ProgramRun sheet = run("cifar10.yml", "--timesteps", "5", "--sample_sheet");
    assertThat(sheet.out()).contains("fewstep sample").contains("--count 25 --nrow 5");
    assertThat(notes(sheet)).contains("main.py would interpolate");
    ProgramRun alone = run("cifar10.yml", "--timesteps", "5", "--sample");
    assertThat(notes(alone)).contains("NotImplementedError");
    ProgramRun fid = run("bedroom.yml", "--timesteps", "5", "--sample", "--fid");
    assertThat(notes(fid)).contains("the published loop stops at 49,984");
  }

  @Test
  void whatCannotBeDoneIsOneClearSentence() {
    refused("--timesteps is missing", "cifar10.yml", "--train");
    refused("--train and --test_FID: one at a time", "cifar10.yml", "--train", "--test_FID");
    refused(
        "--skip_type qaud is not valid", "cifar10.yml", "--timesteps", "5", "--skip_type", "qaud");
    refused("did you mean 'quad'?", "cifar10.yml", "--timesteps", "5", "--skip_type", "qaud");
    refused(
        "--sample_type ddpm_noisy",
        "cifar10.yml",
        "--timesteps",
        "5",
        "--sample_type",
        "ddpm_noisy");
    refused("--eta must be 0 to 1, not 2", "cifar10.yml", "--timesteps", "5", "--eta", "2");
    refused("--timesteps must be 1 to 1000, not 0", "cifar10.yml", "--timesteps", "0");
    refused("--timesteps must be 1 to 1000", "cifar10.yml", "--timesteps", "1001", "--test_FID");
    refused("no configuration", "absent.yml", "--timesteps", "5");
    refused("with --weights FILE", "cifar10.yml", "--use_pretrained", "--sample", "--fid");
    refused("neither a letter nor a digit", "cifar10.yml", "--timesteps", "5", "--doc", "!!");
    ProgramRun unknown = run("cifar10.yml", "--timesteps", "5", "--test_fid");
    assertThat(unknown.exitCode()).isEqualTo(2);
    assertThat(unknown.err()).contains("--test_FID");
    ProgramRun twice =
        run("cifar10.yml", "--config", folder.resolve("church.yml").toString(), "--timesteps", "5");
    assertThat(twice.err()).contains("named twice");
  }

  private void refused(String complaint, String config, String... more) {
    ProgramRun run = run(config, more);
    assertThat(run.exitCode()).describedAs(complaint).isEqualTo(2);
    assertThat(run.err()).contains(complaint);
    assertThat(run.err().lines()).describedAs(run.err()).hasSize(1);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void aFileIsWrittenWhereAsked() throws IOException {
    Path out = folder.resolve("made.yaml");
    ProgramRun run = run("cifar10.yml", "--timesteps", "5", "-o", out.toString());
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("experiment cifar10-5-steps: " + out);
    assertThat(ExperimentSpecs.parse("made.yaml", Files.readString(out)).metadata().name())
        .isEqualTo("cifar10-5-steps");
  }
}
