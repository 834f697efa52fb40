package dev.fewstep.cli.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.cli.ProgramRun;
import dev.fewstep.worker.checkpoint.NpzFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.data.NpzImages;
import dev.fewstep.worker.image.PngFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trains an extractor as a user would, then measures with it. */
class FeaturesCommandTest {
  private static final ImageShape SHAPE = new ImageShape(1, TinyModel.EDGE, TinyModel.EDGE);

  @TempDir static Path folder;
  private static ProgramRun training;
  private static Path extractor;
  private static Path real;
  private static Path generated;

  @BeforeAll
  static void train() throws IOException {
    real = TinyModel.dataset(folder.resolve("real.npz"), 64, 1);
    generated = TinyModel.dataset(folder.resolve("generated.npz"), 40, 2);
    Path spec = TinyModel.extractorSpec(folder.resolve("spec.yaml"), "real.npz", "generated.npz");
    Path out = folder.resolve("trained");
    training = ProgramRun.in(folder, "features", "train", spec.toString(), "--out", out.toString());
    extractor = out.resolve("weights.safetensors");
  }

  private static ProgramRun run(String... arguments) {
    return ProgramRun.in(folder, arguments);
  }

  @Test
  void trainingReportsItsAccuracyAndWritesOneFile() {
    assertThat(training.err()).doesNotContain("fewstep: ");
    assertThat(training.exitCode()).isZero();
    assertThat(training.out()).contains("accuracy 1.0000", "weights " + extractor);
    // 3x1x3x3 + 3 for the convolution, 3x2 + 2 for the head, 2x2 + 2 for the classes.
    assertThat(training.out()).contains("parameters 44");
    assertThat(extractor).exists();
  }

  @Test
  void aFolderOfOddSizesIsMeasuredByAnExtractorThatResizes() throws IOException {
    Path references =
        Path.of("..", "worker", "src", "test", "resources", "dev", "fewstep", "worker", "features")
            .resolve("reference")
            .toAbsolutePath()
            .normalize();
    Path out = folder.resolve("odd.npz");
    ProgramRun extracted =
        run(
            "features",
            "extract",
            "--extractor",
            references.resolve("tiny-dino.pt").resolve("dinov2").toString(),
            "--images",
            references.resolve("odd").toString(),
            "--out",
            out.toString());
    assertThat(extracted.err()).doesNotContain("fewstep: ");
    assertThat(extracted.out()).contains("10 vectors of 6 features (dinov2)");
    assertThat(NpzFile.read(out).get("features").shape()).containsExactly(10, 6);
  }

  @Test
  void featuresOfAFileGiveTheSameDistancesAsTheImagesThemselves() throws IOException {
    Path features = folder.resolve("features.npz");
    ProgramRun extracted =
        run(
            "features",
            "extract",
            "--extractor",
            extractor + "/multi",
            "--images",
            generated.toString(),
            "--batch",
            "7",
            "--out",
            features.toString());
    assertThat(extracted.exitCode()).isZero();
    assertThat(extracted.out()).contains("40 vectors of 5 features (tiny/multi)");
    Map<String, RawTensor> arrays = NpzFile.read(features);
    assertThat(arrays.get("features").shape()).containsExactly(40, 5);
    assertThat(StandardCharsets.UTF_8.decode(arrays.get("extractor").bytes()).toString())
        .isEqualTo("tiny/multi");

    JsonNode direct = metrics(generated, "multi");
    JsonNode read = metrics(features, "multi");
    for (String score : new String[] {"fd", "kd"}) {
      assertThat(read.path(score).path("value").asDouble())
          .isCloseTo(direct.path(score).path("value").asDouble(), within(1e-5));
      assertThat(read.path(score).path("protocol").asText())
          .isEqualTo(direct.path(score).path("protocol").asText());
    }
    assertThat(direct.path("fd").path("protocol").asText())
        .isEqualTo("FD-40[tiny-multi, real, u8]");

    MetricsCommandTest.assertOneSentence(
        run(
            "metrics",
            "--real",
            real.toString(),
            "--generated",
            features.toString(),
            "--extractor",
            extractor + "/penultimate"),
        features.toString(),
        "'tiny/multi'",
        "'tiny/penultimate'");
  }

  private static JsonNode metrics(Path side, String mode) throws IOException {
    ProgramRun run =
        run(
            "metrics",
            "--real",
            real.toString(),
            "--generated",
            side.toString(),
            "--extractor",
            extractor + "/" + mode,
            "-o",
            "json");
    assertThat(run.exitCode()).describedAs(run.err()).isZero();
    return run.json().path("scores");
  }

  @Test
  void aFolderIsAsGoodAsADatasetAndItsWrongFilesAreNamed() throws IOException {
    Path images = Files.createDirectory(folder.resolve("images"));
    ByteImages all = NpzImages.read(generated);
    for (int i = 0; i < all.size(); i++) {
      PngFile.write(images.resolve("%03d.png".formatted(i)), SHAPE, all.image(i));
    }
    assertThat(metrics(images, "penultimate").path("fd"))
        .isEqualTo(metrics(generated, "penultimate").path("fd"));

    Path large = images.resolve("020-large.png");
    PngFile.write(large, new ImageShape(1, 9, 8), new byte[72]);
    assertFolderRefused(images, large.toString(), "9x8", "expected 8x8");
    Files.delete(large);

    Path broken = Files.writeString(images.resolve("021-broken.png"), "\u0089PNG and no more");
    assertFolderRefused(images, broken.toString());
  }

  private static void assertFolderRefused(Path images, String... parts) {
    MetricsCommandTest.assertOneSentence(
        run(
            "metrics",
            "--real",
            real.toString(),
            "--generated",
            images.toString(),
            "--extractor",
            extractor.toString()),
        parts);
  }

  @Test
  void fewerImagesThanDimensionsAreRefusedBeforeAnyIsMeasured() throws IOException {
    Path four = TinyModel.dataset(folder.resolve("four.npz"), 4, 5);
    MetricsCommandTest.assertOneSentence(
        run(
            "metrics",
            "--real",
            real.toString(),
            "--generated",
            four.toString(),
            "--extractor",
            extractor + "/multi"),
        four + " holds 4 images, too few for 5 feature dimensions: use at least 5");
  }

  @Test
  void anUnknownModeIsRefusedWithThoseThereAre() {
    MetricsCommandTest.assertOneSentence(
        run(
            "features",
            "extract",
            "--extractor",
            extractor + "/mutli",
            "--images",
            real.toString(),
            "--out",
            folder.resolve("x.npz").toString()),
        "'mutli'",
        "multi-std");
    assertThat(folder.resolve("x.npz")).doesNotExist();
  }

  @Test
  void aWrongFieldOfTheSpecificationIsOneSentence() throws IOException {
    Path wrong = folder.resolve("wrong.yaml");
    Files.writeString(
        wrong, Files.readString(folder.resolve("spec.yaml")).replace("warmup:", "warm_up:"));
    MetricsCommandTest.assertOneSentence(
        run("features", "train", wrong.toString(), "--out", folder.resolve("no").toString()),
        "warm_up");
    assertThat(folder.resolve("no")).doesNotExist();
  }
}
