package dev.fewstep.worker.task.program;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.schemas.spec.NetworkSpec;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.tensor.TorchEngine;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sheets on the way: when, of what, and that nothing else changes by them. */
class PreviewsTest {
  @TempDir Path directory;

  private TaskContext context() {
    return new TaskContext(
        Map.of(),
        directory,
        Optional.empty(),
        Device.cpu(),
        1,
        TaskListener.SILENT,
        StopSignal.never(),
        CheckpointSink.NONE);
  }

  private static Networks.Loaded network(NDManager manager) {
    NetworkSpec spec = TinyWorld.network();
    return new Networks.Loaded(
        spec, Networks.initialise(spec, manager, 3, true), Networks.schedule(spec.schedule()));
  }

  private Previews previews(Networks.Loaded network, int iterations) {
    return new Previews(network, new SamplingSpec(2, null, 0.5), 7, iterations, context());
  }

  @Test
  void areDueAtFixedFractionsAndNeverAtTheEnds() {
    assertThat(Previews.due(600)).containsExactly(100, 200, 300, 400, 500);
    assertThat(Previews.due(3)).containsExactly(1, 2);
    assertThat(Previews.due(1)).isEmpty();
  }

  @Test
  void changeNeitherWeightsNorTheEnginesGenerator() {
    try (NDManager manager = TorchEngine.newManager(Device.cpu());
        Networks.Loaded network = network(manager)) {
      Map<String, float[]> before = weights(network);
      Engine.getInstance().setRandomSeed(1);
      float[] alone = manager.randomNormal(new Shape(8)).toFloatArray();
      Engine.getInstance().setRandomSeed(1);
      Previews previews = previews(network, 6);
      previews.after(1);
      assertThat(previews.state()).hasSize(1);
      assertThat(manager.randomNormal(new Shape(8)).toFloatArray()).isEqualTo(alone);
      weights(network).forEach((name, values) -> assertThat(values).isEqualTo(before.get(name)));
    }
  }

  private static Map<String, float[]> weights(Networks.Loaded network) {
    Map<String, float[]> values = new LinkedHashMap<>();
    network.denoiser().parameters().forEach((name, one) -> values.put(name, one.toFloatArray()));
    return values;
  }

  @Test
  void areTheFirstRowsOfTheSheetAndSurviveACheckpoint() throws Exception {
    try (NDManager manager = TorchEngine.newManager(Device.cpu());
        Networks.Loaded network = network(manager)) {
      Previews first = previews(network, 6);
      for (int step = 1; step <= 3; step++) {
        first.after(step);
      }
      Map<String, RawTensor> state = new LinkedHashMap<>(first.state());
      Previews second = previews(network, 6);
      second.restore(state);
      List<OutputFile> files = second.write();
      assertThat(files)
          .extracting(OutputFile::name)
          .containsExactly("sheet-1.png", "sheet-2.png", "sheet-3.png");
      Sheets.sample(network, new SamplingSpec(2, null, 0.5), 7, "sheet.png", context());
      BufferedImage whole = ImageIO.read(directory.resolve("sheet.png").toFile());
      BufferedImage part = ImageIO.read(directory.resolve("sheet-2.png").toFile());
      assertThat(part.getWidth()).isEqualTo(whole.getWidth());
      assertThat(part.getHeight()).isEqualTo(2 * 18 - 2);
      for (int y = 0; y < part.getHeight(); y++) {
        for (int x = 0; x < part.getWidth(); x++) {
          assertThat(part.getRGB(x, y)).isEqualTo(whole.getRGB(x, y));
        }
      }
    }
  }

  @Test
  void theDenoisingSheetShowsEveryEvaluationOfAShortChainAndEndsWithTheSamples() throws Exception {
    try (NDManager manager = TorchEngine.newManager(Device.cpu());
        Networks.Loaded network = network(manager)) {
      SamplingSpec sampling = new SamplingSpec(3, null, null);
      assertThat(DenoisingSheet.write(network, sampling, 7, context())).isPresent();
      Sheets.sample(network, sampling, 7, "sheet.png", context());
      BufferedImage path = ImageIO.read(directory.resolve("denoising.png").toFile());
      BufferedImage sheet = ImageIO.read(directory.resolve("sheet.png").toFile());
      assertThat(path.getWidth()).isEqualTo(4 * 18 - 2);
      assertThat(path.getHeight()).isEqualTo(4 * 18 - 2);
      for (int y = 0; y < 16; y++) {
        for (int x = 0; x < 16; x++) {
          assertThat(path.getRGB(3 * 18 + x, y)).isEqualTo(sheet.getRGB(x, y));
        }
      }
      assertThat(Files.exists(directory.resolve("denoising.png"))).isTrue();
    }
  }

  @Test
  void ofALongChainSevenEvaluationsAreShown() {
    List<Integer> shown =
        java.util.stream.IntStream.range(0, 20)
            .filter(i -> DenoisingSheet.shown(i, 20))
            .boxed()
            .toList();
    assertThat(shown).hasSize(7).endsWith(19);
  }
}
