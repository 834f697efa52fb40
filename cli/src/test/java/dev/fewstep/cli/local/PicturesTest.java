package dev.fewstep.cli.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.cli.ProgramRun;
import dev.fewstep.schemas.spec.NetworkSpec;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.NpzImages;
import dev.fewstep.worker.diffusion.UNet;
import dev.fewstep.worker.task.program.Networks;
import dev.fewstep.worker.tensor.TorchEngine;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verbs that draw: interpolate, sequence, before-after, neighbours. */
class PicturesTest {
  private static final int EDGE = TinyModel.EDGE;

  @TempDir Path folder;
  private String weights;

  @BeforeEach
  void model() throws IOException {
    weights = TinyModel.weights(folder.resolve("weights.safetensors")).toString();
  }

  private ProgramRun run(String... arguments) {
    return ProgramRun.in(folder, arguments);
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private int[] pixels(String name) throws IOException {
    BufferedImage image = ImageIO.read(folder.resolve(name).toFile());
    return image.getRaster().getSamples(0, 0, image.getWidth(), image.getHeight(), 1, (int[]) null);
  }

  private static void assertClose(int[] a, int[] b) {
    assertThat(a).hasSameSizeAs(b);
    for (int i = 0; i < a.length; i++) {
      assertThat(a[i]).isCloseTo(b[i], within(1));
    }
  }

  private List<String> list(String name) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(name))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private void sample(String images, String... more) {
    String[] all =
        Stream.concat(
                Stream.of(
                    "sample",
                    "--weights",
                    weights,
                    "--steps",
                    "3",
                    "--seed",
                    "4",
                    "--count",
                    "8",
                    "-o",
                    path("s.png"),
                    "--images",
                    path(images)),
                Stream.of(more))
            .toArray(String[]::new);
    assertThat(run(all).exitCode()).isZero();
  }

  @Test
  void anArcEndsAtTheImagesOfTheSameSeed() throws IOException {
    for (String eta : new String[] {"0", "1"}) {
      sample("s" + eta, "--eta", eta);
      ProgramRun arc =
          run(
              "interpolate",
              "--weights",
              weights,
              "--steps",
              "3",
              "--seed",
              "4",
              "--eta",
              eta,
              "--first",
              "2",
              "--rows",
              "2",
              "--frames",
              "5",
              "--batch",
              "3",
              "--scale",
              "1",
              "-o",
              path("i.png"),
              "--images",
              path("i" + eta));
      assertThat(arc.err()).contains("interpolate 10/10");
      assertThat(arc.exitCode()).isZero();
      assertThat(arc.out()).contains("2 x 5 frames").contains("NFE 3");
      assertThat(list("i" + eta)).hasSize(10);
      assertClose(pixels("i" + eta + "/0.png"), pixels("s" + eta + "/2.png"));
      assertClose(pixels("i" + eta + "/4.png"), pixels("s" + eta + "/3.png"));
      assertClose(pixels("i" + eta + "/5.png"), pixels("s" + eta + "/4.png"));
      assertClose(pixels("i" + eta + "/9.png"), pixels("s" + eta + "/5.png"));
      assertThat(pixels("i" + eta + "/2.png")).isNotEqualTo(pixels("i" + eta + "/0.png"));
    }
    BufferedImage sheet = ImageIO.read(folder.resolve("i.png").toFile());
    assertThat(sheet.getWidth()).isEqualTo(5 * (EDGE + 2) + 2);
    assertThat(sheet.getHeight()).isEqualTo(2 * (EDGE + 2) + 2);
  }

  @Test
  void aSequenceEndsAtTheSampledImages() throws IOException {
    sample("s");
    ProgramRun run =
        run(
            "sequence",
            "--weights",
            weights,
            "--steps",
            "3",
            "--seed",
            "4",
            "--count",
            "2",
            "--scale",
            "1",
            "-o",
            path("q.png"),
            "--frames",
            path("q"));
    assertThat(run.err()).contains("sequence 3/3");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("columns at t = 666 333 0");
    assertThat(list("q")).hasSize(12).contains("0_0.png", "1_2.png", "xt_1_2.png");
    // The last predicted image is the last state, and that is the sample.
    assertClose(pixels("q/0_2.png"), pixels("s/0.png"));
    assertClose(pixels("q/xt_1_2.png"), pixels("s/1.png"));
    BufferedImage sheet = ImageIO.read(folder.resolve("q.png").toFile());
    assertThat(sheet.getWidth()).isEqualTo(3 * (EDGE + 2) + 2);
    assertThat(sheet.getHeight()).isEqualTo(4 * (EDGE + 2) + 2);

    ProgramRun clean =
        run(
            "sequence",
            "--weights",
            weights,
            "--steps",
            "6",
            "--show",
            "x0",
            "--columns",
            "2",
            "--count",
            "1",
            "-o",
            path("x0.png"),
            "--frames",
            path("x0"));
    assertThat(clean.exitCode()).isZero();
    assertThat(clean.out()).contains("columns at t = 500 0");
    assertThat(list("x0")).hasSize(6).noneMatch(name -> name.startsWith("xt"));
    assertThat(SequenceCommand.chosen(10, 4)).containsExactly(1, 4, 6, 9);
    assertThat(SequenceCommand.chosen(2, 4)).containsExactly(0, 1);
  }

  @Test
  void beforeAndAfterHaveTheSameNoiseAndPlaces() throws IOException {
    sample("s");
    ProgramRun same =
        run(
            "before-after",
            "--before",
            weights,
            "--after",
            weights,
            "--steps",
            "3",
            "--seed",
            "4",
            "--count",
            "4",
            "--nrow",
            "2",
            "--scale",
            "1",
            "--ideal",
            "5",
            "-o",
            path("b.png"));
    assertThat(same.exitCode()).isZero();
    assertThat(same.out())
        .contains("after (NFE 3) differs from before by 0.0 of 255")
        .contains("ideal (NFE 5) differs from before by ");
    BufferedImage sheet = ImageIO.read(folder.resolve("b.png").toFile());
    int block = 2 * (EDGE + 2) + 2;
    assertThat(sheet.getWidth()).isEqualTo(3 * block + 2 * 12);
    assertThat(sheet.getHeight()).isEqualTo(block);
    int[] second =
        sheet.getRaster().getSamples(block + 12 + EDGE + 4, 2, EDGE, EDGE, 0, (int[]) null);
    assertClose(second, pixels("s/1.png"));
    NetworkSpec other = new NetworkSpec(4, 1, 8, List.of(1), 1, List.of(), 4, 0.0, 1, null, null);
    Path small = folder.resolve("small.safetensors");
    try (NDManager manager = TorchEngine.newManager(Device.cpu());
        UNet network = UNet.initialise(Networks.config(other), manager, 3, false)) {
      Networks.save(small, network.parameters(), other);
    }
    ProgramRun unequal =
        run(
            "before-after",
            "--before",
            weights,
            "--after",
            small.toString(),
            "--steps",
            "3",
            "-o",
            path("c.png"));
    assertThat(unequal.exitCode()).isEqualTo(2);
    assertThat(unequal.err()).contains("1x8x8").contains("1x4x4").contains("no noise");
  }

  @Test
  void copiesOfTrainingImagesAreFoundAndCounted() throws IOException {
    Path train = TinyModel.dataset(folder.resolve("train.npz"), 60, 1);
    Path test = TinyModel.dataset(folder.resolve("test.npz"), 40, 2);
    Path spec =
        TinyModel.extractorSpec(folder.resolve("spec.yaml"), train.toString(), test.toString());
    assertThat(run("features", "train", spec.toString(), "--out", path("x")).exitCode()).isZero();
    String extractor = path("x/weights.safetensors/multi");
    ByteImages real = NpzImages.read(train);
    NpzImages.write(folder.resolve("copies.npz"), real.slice(10, 14));
    ProgramRun copies =
        run(
            "neighbours",
            "--samples",
            path("copies.npz"),
            "--train",
            train.toString(),
            "--test",
            test.toString(),
            "--extractor",
            extractor,
            "-k",
            "3",
            "--batch",
            "7",
            "--sheet",
            path("n.png"),
            "--images",
            path("n"),
            "-o",
            "json");
    assertThat(copies.exitCode()).describedAs(copies.err()).isZero();
    JsonNode found = copies.json();
    assertThat(found.path("nearer").asDouble()).isEqualTo(1);
    assertThat(found.path("nearerThanEveryTestImage").asInt()).isEqualTo(4);
    assertThat(found.path("testImages").asInt()).isEqualTo(40);
    for (int i = 0; i < 4; i++) {
      JsonNode first = found.path("items").path(i).path("neighbours").path(0);
      assertThat(first.path("index").asInt()).isEqualTo(10 + i);
      assertThat(first.path("distance").asDouble()).isZero();
      assertThat(found.path("items").path(i).path("quantile").asDouble()).isZero();
    }
    assertThat(pixels("n/2.png")).isEqualTo(pixels("n/2_0.png"));
    assertThat(list("n")).hasSize(16);
    assertThat(ImageIO.read(folder.resolve("n.png").toFile()).getWidth())
        .isEqualTo(4 * (2 * EDGE + 2) + 2);

    ProgramRun fresh =
        run(
            "neighbours",
            "--samples",
            test.toString(),
            "--train",
            train.toString(),
            "--test",
            test.toString(),
            "--extractor",
            extractor,
            "--distance",
            "cosine",
            "--count",
            "40");
    assertThat(fresh.exitCode()).describedAs(fresh.err()).isZero();
    assertThat(fresh.err()).contains("with probability 0.5000 (0 of 40");
    assertThat(fresh.out()).contains("quantile");

    ProgramRun alone =
        run(
            "neighbours",
            "--samples",
            test.toString(),
            "--train",
            train.toString(),
            "--extractor",
            extractor);
    assertThat(alone.exitCode()).isZero();
    assertThat(alone.err()).contains("--test to compare with");
    ProgramRun many =
        run(
            "neighbours",
            "--samples",
            test.toString(),
            "--train",
            path("copies.npz"),
            "--extractor",
            extractor,
            "-k",
            "5");
    assertThat(many.exitCode()).isEqualTo(2);
    assertThat(many.err()).contains("holds 4 images, fewer than -k 5");
  }

  @Test
  void nearnessIsInClosedForm() {
    Nearness nearness = new Nearness(new double[] {0.5, 2, 3}, new double[] {4, 1, 2, 3});
    assertThat(nearness.quantile(0.5)).isZero();
    assertThat(nearness.quantile(2)).isEqualTo(1.5 / 4);
    assertThat(nearness.quantile(9)).isEqualTo(1);
    assertThat(nearness.nearer()).isCloseTo((1 + 2.5 / 4 + 1.5 / 4) / 3, within(1e-12));
    assertThat(nearness.nearest()).isEqualTo(1);
    assertThat(nearness.heldMedian()).isEqualTo(2.5);
    assertThat(Nearness.median(new double[] {3, 1, 2})).isEqualTo(2);
  }

  @Test
  void theTimeLeftFollowsFromTheRate() {
    assertThat(LocalRun.Bar.pace(0, 10, 1)).isEmpty();
    assertThat(LocalRun.Bar.pace(10, 7200, 10_000_000_000L)).isEqualTo(" 1.0/s, 2:00:00 left");
    assertThat(LocalRun.Bar.pace(10, 0, 4_000_000_000L)).isEqualTo(" 2.5/s");
  }

  @Test
  void usedFoldersAreLeftAlone() throws IOException {
    Files.createDirectory(folder.resolve("used"));
    Files.writeString(folder.resolve("used/0.png"), "mine");
    for (String verb : new String[] {"interpolate", "sequence"}) {
      ProgramRun run =
          run(
              verb,
              "--weights",
              weights,
              "--steps",
              "2",
              "-o",
              path("o.png"),
              verb.equals("sequence") ? "--frames" : "--images",
              path("used"));
      assertThat(run.exitCode()).isEqualTo(2);
      assertThat(run.err()).contains("is not empty");
    }
    assertThat(folder.resolve("used/0.png")).hasContent("mine");
    assertThat(folder.resolve("o.png")).doesNotExist();
  }
}
