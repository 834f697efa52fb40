package dev.fewstep.worker.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.tensor.TorchEngine;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExtractorsTest {
  private static final Path BUNDLED = Path.of("..", "models", "fashion-mnist", "extractors");

  @ParameterizedTest
  @CsvSource({
    "a,'',fashion-a/penultimate,64",
    "a,multi,fashion-a/multi,240",
    "b,multi,fashion-b/multi,156",
    "c,multi-std,fashion-c/multi-std,656"
  })
  void theBundledExtractorsOpen(String which, String mode, String name, int dimensions)
      throws Exception {
    Path file = BUNDLED.resolve(which).resolve(ExtractorTrainingRun.WEIGHTS);
    try (NDManager manager = TorchEngine.newManager(Device.cpu());
        FeatureExtractor extractor =
            Extractors.open(file, mode, new ImageShape(1, 28, 28), manager)) {
      assertThat(extractor.name()).isEqualTo(name);
      assertThat(extractor.dimensions()).isEqualTo(dimensions);
    }
  }

  @Test
  void otherFilesAreToldApart() throws Exception {
    Path tensors = Path.of(TensorFile.class.getResource("features-state.pth").toURI());
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      ImageShape image = new ImageShape(1, 16, 16);
      assertThatThrownBy(() -> Extractors.open(tensors, "", image, manager))
          .hasMessageContaining("of no network that is known by names")
          .hasMessageContaining("c1.weight");
      assertThat(Extractors.image(tensors)).isEmpty();
    }
  }
}
