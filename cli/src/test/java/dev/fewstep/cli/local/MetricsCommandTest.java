package dev.fewstep.cli.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.cli.ProgramRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsCommandTest {
  @TempDir Path folder;
  private Path real;
  private Path generated;

  @BeforeEach
  void features() throws IOException {
    real = TinyModel.features(folder.resolve("test.npz"), 0, 2);
    generated = TinyModel.features(folder.resolve("ours.npz"), 2, 6);
  }

  private ProgramRun metrics(Path a, Path b, String... more) {
    List<String> all =
        new ArrayList<>(List.of("metrics", "--real", a.toString(), "--generated", b.toString()));
    all.addAll(List.of(more));
    return ProgramRun.in(folder, all.toArray(String[]::new));
  }

  /**
   * In one dimension FD is (m1 - m2)² + (s1 - s2)²: means 1 and 4, variances 2 and 8 give 9 + 2. KD
   * with k = (xy + 1)³ is 1 within the real pair, 13³ within the other, and (1 + 1 + 5³ + 13³) / 4
   * across.
   */
  @Test
  void distancesInOneDimensionHaveTheirClosedForm() throws IOException {
    ProgramRun run = metrics(real, generated, "-o", "json");
    assertThat(run.exitCode()).isZero();
    JsonNode whole = run.json();
    JsonNode fd = whole.path("scores").path("fd");
    assertThat(fd.path("value").asDouble()).isCloseTo(11, within(1e-9));
    assertThat(fd.path("protocol").asText()).isEqualTo("FD-2[features, test]");
    JsonNode kd = whole.path("scores").path("kd");
    assertThat(kd.path("value").asDouble())
        .isCloseTo(1 + 2197 - 2 * (1 + 1 + 125 + 2197) / 4.0, within(1e-9));
    assertThat(kd.path("protocol").asText()).isEqualTo("KD-2[features, test]");
    assertThat(whole.path("real").path("count").asInt()).isEqualTo(2);
    assertThat(whole.path("generated").path("count").asInt()).isEqualTo(2);
    assertThat(whole.path("dimensions").asInt()).isEqualTo(1);
    assertThat(whole.path("scores").has("precision")).isFalse();
  }

  @Test
  void aTableAndCsvHaveOneLineForEachScore() {
    assertThat(metrics(real, generated).out().lines())
        .hasSize(3)
        .first()
        .asString()
        .matches("metric +value +protocol +real +generated");
    assertThat(metrics(real, generated, "-o", "csv").out().lines())
        .hasSize(3)
        .anyMatch(line -> line.startsWith("FD,11.0000,"))
        .anyMatch(line -> line.startsWith("KD,1036.00,"));
  }

  @Test
  void equalSetsHaveNoFrechetDistanceAndFullPrecisionAndRecall() throws IOException {
    Path five = TinyModel.features(folder.resolve("five.npz"), 1, 2, 4, 8, 16);
    JsonNode scores = metrics(five, five, "--precision-recall", "-o", "json").json().path("scores");
    assertThat(scores.path("fd").path("value").asDouble()).isCloseTo(0, within(1e-9));
    assertThat(scores.path("precision").path("value").asDouble()).isEqualTo(1);
    assertThat(scores.path("recall").path("value").asDouble()).isEqualTo(1);
    assertThat(scores.path("recall").path("protocol").asText())
        .isEqualTo("Recall-5[features, five, k=3]");

    Path far = TinyModel.features(folder.resolve("far.npz"), 101, 102, 104, 108, 116);
    scores = metrics(five, far, "--precision-recall", "-o", "json").json().path("scores");
    assertThat(scores.path("precision").path("value").asDouble()).isZero();
    assertThat(scores.path("fd").path("value").asDouble()).isCloseTo(10_000, within(1e-6));
  }

  @Test
  void fewerSamplesThanDimensionsAreRefusedWithOneSentence() throws IOException {
    Path one = TinyModel.features(folder.resolve("one.npz"), 3);
    ProgramRun run = metrics(real, one);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().strip())
        .isEqualTo(
            "fewstep: "
                + one
                + " holds 1 images, too few for 1 feature dimensions: use at least 2");
  }

  @Test
  void everyMetricThatCanBeHadComesWithItsProtocolAndSpread() throws IOException {
    Path five = TinyModel.features(folder.resolve("five.npz"), 1, 2, 4, 8, 16, 32);
    Path other = TinyModel.features(folder.resolve("other.npz"), 1, 3, 4, 9, 16, 33);
    ProgramRun run = metrics(five, other, "--metrics", "all", "--bootstrap", "40", "-o", "json");
    JsonNode scores = run.json().path("scores");
    assertThat(scores.fieldNames())
        .toIterable()
        .containsExactly("fd", "kd", "kid", "precision", "recall", "density", "coverage");
    assertThat(scores.at("/fd/interval/low").asDouble())
        .isLessThan(scores.at("/fd/value").asDouble());
    assertThat(scores.at("/kid/protocol").asText()).isEqualTo("KD-6[features, five, 100x6]");
    assertThat(scores.at("/coverage/protocol").asText())
        .isEqualTo("Coverage-6[features, five, k=5]");
    assertThat(run.err().lines())
        .anyMatch(line -> line.startsWith("fewstep: left out: is needs"))
        .anyMatch(line -> line.startsWith("fewstep: left out: fd-infinity extrapolates"));
    assertThat(metrics(five, other, "--metrics", "fd,kid").out()).contains("spread", "± ");
    assertOneSentence(metrics(five, other, "--metrics", "fid"), "no metric 'fid'");
    assertOneSentence(metrics(five, other, "--metrics", "is"), "an extractor that classifies");
    assertOneSentence(metrics(five, other, "--bootstrap", "3"), "at least 20");
  }

  @Test
  void savedStatisticsStandInForTheRealImages() throws IOException {
    Path saved = folder.resolve("saved.npz");
    JsonNode direct =
        metrics(real, generated, "--save-statistics", saved.toString(), "-o", "json").json();
    JsonNode read = metrics(saved, generated, "-o", "json").json();
    assertThat(read.at("/scores/fd/value")).isEqualTo(direct.at("/scores/fd/value"));
    assertThat(read.at("/scores").has("kd")).isFalse();
    assertOneSentence(
        metrics(saved, generated, "--metrics", "kd"), "kd needs features or images on both sides");
  }

  @Test
  void theSameImagesOnBothSidesAreWarnedOf() throws IOException {
    ProgramRun run = metrics(real, real, "-o", "json");
    assertThat(run.json().at("/scores/fd/value").asDouble()).isCloseTo(0, within(1e-9));
    assertThat(run.json().at("/warnings/0").asText()).contains("they are the same images");
    assertThat(run.err()).contains("fewstep: warning: Generated and real images have the same");
  }

  @Test
  void whatIsNotThereOrNotUnderstoodIsNamed() throws IOException {
    Path absent = folder.resolve("absent.npz");
    assertOneSentence(metrics(real, absent), absent + " does not exist");

    Path text = Files.writeString(folder.resolve("text.npz"), "no zip");
    assertOneSentence(metrics(real, text), text.toString());

    Path images = TinyModel.dataset(folder.resolve("images.npz"), 4, 1);
    assertOneSentence(metrics(real, images), images + " holds images", "--extractor");

    assertOneSentence(
        metrics(real, generated, "--extractor", folder.resolve("none").toString()),
        "no extractor file",
        "none");
  }

  static void assertOneSentence(ProgramRun run, String... parts) {
    assertThat(run.exitCode()).isNotZero();
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).startsWith("fewstep: ").contains(parts);
  }
}
