package dev.fewstep.cli.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.cli.ProgramRun;
import dev.fewstep.worker.checkpoint.DdimCheckpoint;
import dev.fewstep.worker.checkpoint.PthFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.checkpoint.SafetensorsFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertCommandTest {
  @TempDir Path folder;

  /** Weights of fewstep's as DDIM would have saved them: the EMA apart from the model. */
  private Path list(Path weights) throws IOException {
    Map<String, RawTensor> ema = SafetensorsFile.read(weights);
    Map<String, RawTensor> model = new LinkedHashMap<>(ema);
    RawTensor bias = ema.get("conv_in.bias");
    model.put(
        "conv_in.bias",
        new RawTensor(
            bias.type(), bias.shape(), java.nio.ByteBuffer.allocate(bias.bytes().remaining())));
    Path file = folder.resolve("ckpt.pth");
    PthFile.write(file, DdimCheckpoint.of(model, 2e-4, 5, 100, Optional.of(ema)));
    return file;
  }

  private ProgramRun run(Object... arguments) {
    String[] texts = new String[arguments.length];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = arguments[i].toString();
    }
    return ProgramRun.in(folder, texts);
  }

  @Test
  void aListOfDdimBecomesWeightsAndGoesBack() throws IOException {
    Path weights = TinyModel.weights(folder.resolve("w.safetensors"));
    Path ckpt = list(weights);
    Path converted = folder.resolve("c.safetensors");
    ProgramRun run =
        run("convert", ckpt, converted, "--image-size", 8, "--groups", 4, "-o", "json");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.json().path("from").asText()).isEqualTo("/4");
    assertThat(run.json().at("/network/multipliers").toString()).isEqualTo("[1,2]");
    assertThat(converted).as("the same network, the same bytes").hasSameBinaryContentAs(weights);

    ProgramRun model =
        run("convert", ckpt, converted, "--select", "model", "--image-size", 8, "--groups", 4);
    assertThat(model.exitCode()).as(model.err()).isZero();
    assertThat(SafetensorsFile.read(converted).get("conv_in.bias").bytes().getFloat(0)).isZero();

    Path back = folder.resolve("back.pth");
    assertThat(run("convert", weights, back).exitCode()).isZero();
    assertThat(PthFile.read(back).keySet())
        .containsExactlyElementsOf(SafetensorsFile.read(weights).keySet());

    ProgramRun unsaid = run("convert", ckpt, folder.resolve("n.safetensors"));
    assertThat(unsaid.exitCode()).isEqualTo(2);
    assertThat(unsaid.err()).contains("imageSize");
  }

  @Test
  void aTorchScriptModuleTravelsInAWeightsFileAndSamples() throws IOException {
    Path script = Path.of("src/test/resources/dev/fewstep/cli/local/script_denoiser.pt");
    Path weights = folder.resolve("script.safetensors");
    ProgramRun unsaid = run("convert", script.toAbsolutePath(), weights);
    assertThat(unsaid.exitCode()).isEqualTo(2);
    assertThat(unsaid.err()).contains("imageSize").contains("channels");

    ProgramRun run =
        run(
            "convert",
            script.toAbsolutePath(),
            weights,
            "--image-size",
            6,
            "--image-channels",
            1,
            "-o",
            "json");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.json().at("/network/architecture").asText()).isEqualTo("torchscript");
    assertThat(run.json().path("parameters").asInt()).isEqualTo(80 + 40 + 146);

    Path sheet = folder.resolve("sheet.png");
    ProgramRun sample =
        run("sample", "--weights", weights, "--steps", 2, "--count", 4, "-o", sheet);
    assertThat(sample.exitCode()).as(sample.err()).isZero();
    assertThat(sheet).isNotEmptyFile();
  }

  @Test
  void missingTensorsAreListedByName() throws IOException {
    Map<String, RawTensor> tensors =
        new LinkedHashMap<>(
            SafetensorsFile.read(TinyModel.weights(folder.resolve("w.safetensors"))));
    tensors.put("conv_uot.weight", tensors.remove("conv_out.weight"));
    tensors.put("norm_out.bias", tensors.get("conv_out.bias"));
    Path broken = folder.resolve("broken.pth");
    PthFile.write(broken, tensors);
    ProgramRun run =
        run("convert", broken, folder.resolve("x.safetensors"), "--image-size", 8, "--groups", 4);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .contains(
            "1 missing: conv_out.weight [1, 8, 3, 3] (nearest in the file: conv_uot.weight)",
            "1 unexpected: conv_uot.weight [1, 8, 3, 3]",
            "1 of another shape: norm_out.bias: [1], expected [8]");
    assertThat(folder.resolve("x.safetensors")).doesNotExist();
  }

  @Test
  void inspectSaysWhatIsInAFile() throws IOException {
    Path ckpt = list(TinyModel.weights(folder.resolve("w.safetensors")));
    ProgramRun run = run("inspect", ckpt, "--image-size", 8, "--groups", 4, "-o", "json");
    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonNode report = run.json();
    assertThat(report.path("format").asText()).isEqualTo(".pth (zip)");
    assertThat(report.path("selected").asText()).isEqualTo("/4");
    assertThat(report.at("/subtrees/~14").asInt()).isEqualTo(report.at("/subtrees/~10").asInt());
    assertThat(report.at("/network/width").asInt()).isEqualTo(8);
    assertThat(report.at("/tensors/0/name").asText()).startsWith("0.module.");
    assertThat(report.path("sha256").asText()).hasSize(64);
    ProgramRun table = run("inspect", ckpt);
    assertThat(table.out()).contains("networkProblem").contains("imageSize").contains("float32");
    assertThat(run("inspect", TinyModel.dataset(folder.resolve("d.npz"), 4, 1)).out())
        .contains("images")
        .contains("[4,1,8,8]");
  }

  @Test
  void codeIsListedAndHostileFilesAreRefusedInOneSentence() throws IOException {
    Path script = folder.resolve("net.pt");
    Path evil = folder.resolve("evil.pth");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(script))) {
      zip.putNextEntry(new ZipEntry("net/code/__torch__.py"));
      zip.putNextEntry(new ZipEntry("net/constants.pkl"));
    }
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(evil))) {
      zip.putNextEntry(new ZipEntry("a/data.pkl"));
      zip.write("cos\nsystem\n(S'touch x'\ntR.".getBytes(StandardCharsets.US_ASCII));
    }
    assertThat(run("inspect", script).out()).contains("not executed").contains("__torch__.py");
    for (ProgramRun run :
        new ProgramRun[] {run("inspect", evil), run("convert", evil, folder.resolve("o.pth"))}) {
      assertThat(run.exitCode()).isEqualTo(2);
      assertThat(run.err().strip()).contains("'os.system'").doesNotContain("\n");
    }
    ProgramRun wrong = run("inspect", evil, "--sha256", "0".repeat(64));
    assertThat(wrong.exitCode()).isEqualTo(2);
    assertThat(wrong.err()).contains("is not the file expected");
    ProgramRun scheme = run("inspect", "file:///etc/passwd");
    assertThat(scheme.err()).contains("a source is a path, http");
  }
}
