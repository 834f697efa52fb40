package dev.fewstep.worker.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.TorchEngine;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TorchScriptExtractorTest {
  private static final ImageShape IMAGE = new ImageShape(1, 16, 16);

  private static Path resource(Class<?> from, String name) throws Exception {
    return Path.of(from.getResource(name).toURI());
  }

  /** The same network by hand: two strided convolutions with ReLU and a spatial mean. */
  private static NDArray byHand(NDArray images, Map<String, NDArray> state) {
    NDArray x = images;
    for (String layer : new String[] {"c1", "c2"}) {
      x =
          JniUtils.relu(
              JniUtils.convolution(
                  (PtNDArray) x,
                  (PtNDArray) state.get(layer + ".weight"),
                  (PtNDArray) state.get(layer + ".bias"),
                  new Shape(2, 2),
                  new Shape(1, 1),
                  new Shape(1, 1),
                  1));
    }
    return x.reshape(x.getShape().get(0), x.getShape().get(1), -1).mean(new int[] {2});
  }

  @Test
  void featuresAndGradientAreThoseOfTheModule() throws Exception {
    try (NDManager manager = TorchEngine.newManager(Device.cpu());
        FeatureExtractor extractor =
            TorchScriptExtractor.load(
                resource(TorchScriptExtractorTest.class, "features.pt"), IMAGE, manager)) {
      assertThat(extractor.dimensions()).isEqualTo(32);
      Map<String, NDArray> state =
          TensorFile.read(resource(TensorFile.class, "features-state.pth"), manager);
      NDArray images = AtenOps.uniform(manager, new Shape(3, 1, 16, 16), 4);
      NDArray copy = images.duplicate();
      images.setRequiresGradient(true);
      copy.setRequiresGradient(true);
      NDArray features =
          Autograd.recording(
              () -> {
                NDArray y = extractor.features(images);
                Autograd.backward(y, y.onesLike());
                return y;
              });
      NDArray expected =
          Autograd.recording(
              () -> {
                NDArray y = byHand(copy, state);
                Autograd.backward(y, y.onesLike());
                return y;
              });
      assertThat(features.getManager()).isSameAs(manager);
      assertThat(features.sub(expected).abs().max().getFloat()).isLessThan(1e-5f);
      NDArray difference = images.getGradient().sub(copy.getGradient());
      assertThat(difference.abs().max().getFloat()).isLessThan(1e-5f);
      assertThat(copy.getGradient().abs().max().getFloat()).isPositive();
    }
  }

  @Test
  void aModuleThatCannotTakeTheImagesIsRefused() throws Exception {
    Path file = resource(TorchScriptExtractorTest.class, "features.pt");
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      assertThatThrownBy(() -> TorchScriptExtractor.load(file, new ImageShape(3, 16, 16), manager))
          .isInstanceOf(RuntimeException.class)
          .hasMessageContaining("channels");
      assertThat(manager.getManagedArrays()).isEmpty();
    }
  }
}
