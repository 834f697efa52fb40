package dev.fewstep.cli.local;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.fewstep.cli.ProgramRun;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.ImageFolder;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.data.NpzImages;
import dev.fewstep.worker.tensor.TorchEngine;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleCommandTest {
  private static final ImageShape SHAPE = new ImageShape(1, TinyModel.EDGE, TinyModel.EDGE);

  @TempDir Path folder;

  private ProgramRun sample(String... arguments) throws IOException {
    Path weights = folder.resolve("weights.safetensors");
    if (!Files.exists(weights)) {
      TinyModel.weights(weights);
    }
    List<String> all = new ArrayList<>(List.of("sample", "--weights", weights.toString()));
    all.addAll(List.of(arguments));
    return ProgramRun.in(folder, all.toArray(String[]::new));
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  @Test
  void imagesDependOnTheSeedAloneAndReadBackFromEveryForm() throws IOException {
    ProgramRun one =
        sample(
            "--steps",
            "3",
            "--count",
            "14",
            "--batch",
            "5",
            "--seed",
            "7",
            "-o",
            path("a.png"),
            "--images",
            path("new/folder"));
    assertThat(one.err()).contains("sample 14/14");
    assertThat(one.exitCode()).isZero();
    assertThat(one.out()).contains("14 images").contains("3 sampling steps").contains("NFE 3");
    ProgramRun two =
        sample(
            "--steps",
            "3",
            "--count",
            "14",
            "--batch",
            "14",
            "--seed",
            "7",
            "-o",
            path("b.png"),
            "--scale",
            "1",
            "--images",
            path("all.npz"));
    assertThat(two.exitCode()).isZero();
    ByteImages npzImages = NpzImages.read(folder.resolve("all.npz"));
    assertThat(npzImages.size()).isEqualTo(14);
    for (int i = 0; i < 14; i++) {
      Path file = folder.resolve("new/folder/" + i + ".png");
      assertThat(ImageIO.read(file.toFile()).getRaster().getNumBands()).isEqualTo(3);
      assertClose(
          ImageFolder.readFile(file, new ImageFolder.Options(SHAPE, false, ImageFolder.Fit.EXACT)),
          npzImages.slice(i, i + 1));
    }
    assertThat(folder.resolve("new/folder/14.png")).doesNotExist();

    ProgramRun other =
        sample(
            "--steps",
            "3",
            "--count",
            "14",
            "--seed",
            "8",
            "-o",
            path("c.png"),
            "--images",
            path("other.npz"));
    assertThat(other.exitCode()).isZero();
    assertThat(NpzImages.read(folder.resolve("other.npz")).digest())
        .isNotEqualTo(npzImages.digest());

    BufferedImage sheet = ImageIO.read(folder.resolve("b.png").toFile());
    int step = TinyModel.EDGE + 2;
    assertThat(sheet.getWidth()).isEqualTo(8 * step + 2);
    assertThat(sheet.getHeight()).isEqualTo(2 * step + 2);
    byte[] last = npzImages.image(13);
    assertThat(sheet.getRaster().getSample(5 * step + 2 + 3, step + 2 + 5, 2))
        .isEqualTo(Byte.toUnsignedInt(last[5 * TinyModel.EDGE + 3]));
  }

  /** Batches may round differently inside an operator, by no more than one level of 8 bits. */
  private static void assertClose(ByteImages a, ByteImages b) {
    assertThat(a.size()).isEqualTo(b.size());
    for (int i = 0; i < a.size(); i++) {
      byte[] x = a.image(i);
      byte[] y = b.image(i);
      for (int p = 0; p < x.length; p++) {
        assertThat(Math.abs(Byte.toUnsignedInt(x[p]) - Byte.toUnsignedInt(y[p])))
            .isLessThanOrEqualTo(1);
      }
    }
  }

  @Test
  void publishedSpacingReportsTheEvaluationsReallyMade() throws IOException {
    ProgramRun run =
        sample("--steps", "3", "--spacing", "published", "--count", "1", "-o", path("p.png"));
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("3 sampling steps (published").contains("NFE 4");
  }

  @Test
  void aFolderWithImagesInItIsRefusedAndLeftAlone() throws IOException {
    Path used = Files.createDirectory(folder.resolve("used"));
    Files.writeString(used.resolve("000000.png"), "mine");
    ProgramRun run =
        sample("--steps", "2", "--count", "2", "-o", path("s.png"), "--images", used.toString());
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).contains(used + " is not empty");
    assertThat(used.resolve("000000.png")).hasContent("mine");
    assertThat(folder.resolve("s.png")).doesNotExist();
  }

  @Test
  void wrongNumbersAreOneSentence() throws IOException {
    for (String[] wrong :
        new String[][] {
          {"--steps", "0"},
          {"--steps", "1001"},
          {"--steps", "5", "--eta", "1.5"},
          {"--steps", "5", "--count", "0"},
          {"--steps", "5", "--batch", "0"}
        }) {
      List<String> all = new ArrayList<>(List.of(wrong));
      all.addAll(List.of("-o", path("s.png")));
      ProgramRun run = sample(all.toArray(String[]::new));
      assertThat(run.exitCode()).describedAs(all.toString()).isEqualTo(2);
      assertThat(run.err().lines()).hasSize(1);
      assertThat(run.err()).startsWith("fewstep: ").contains("must be");
    }
    ProgramRun run = sample("--steps", "5", "-o", path("s.jpg"));
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--out must name a .png");
    assertThat(names()).doesNotContain("s.png", "s.jpg");
  }

  @Test
  void weightsThatDoNotSayTheirNetworkAreNamed() throws IOException {
    Path bare = folder.resolve("bare.safetensors");
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      TensorFile.write(bare, Map.of("x", manager.create(1f)), Map.of());
    }
    ProgramRun run =
        ProgramRun.in(
            folder, "sample", "--weights", bare.toString(), "--steps", "2", "-o", path("s.png"));
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).contains(bare.toString()).contains("fewstep.network");

    ProgramRun absent =
        ProgramRun.in(
            folder, "sample", "--weights", path("none"), "--steps", "2", "-o", path("s.png"));
    assertThat(absent.exitCode()).isNotZero();
    assertThat(absent.err().lines()).hasSize(1);
    assertThat(absent.err()).contains(path("none"));
    assertThat(folder.resolve("s.png")).doesNotExist();
  }

  @Test
  void anImageThatIsNotFiniteFailsAndLeavesNothing() throws IOException {
    Path broken = TinyModel.weights(folder.resolve("broken.safetensors"));
    byte[] bytes = Files.readAllBytes(broken);
    // The last parameter's bytes are at the end of the file: a float32 NaN.
    bytes[bytes.length - 1] = 0x7f;
    bytes[bytes.length - 2] = (byte) 0xc0;
    Files.write(broken, bytes);
    ProgramRun run =
        ProgramRun.in(
            folder,
            "sample",
            "--weights",
            broken.toString(),
            "--steps",
            "2",
            "--count",
            "3",
            "-o",
            path("s.png"),
            "--images",
            path("images"));
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("images 0 to 2").contains("not finite");
    assertThat(names())
        .doesNotContain("s.png", "images")
        .noneMatch(name -> name.startsWith(".images"));
  }
}
