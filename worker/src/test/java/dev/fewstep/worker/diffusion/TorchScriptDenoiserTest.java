package dev.fewstep.worker.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TorchScriptDenoiserTest {
  private NDManager manager;
  private byte[] archive;

  @BeforeEach
  void open() throws IOException {
    manager = TorchEngine.newManager(Device.cpu());
    try (var in = getClass().getResourceAsStream("/dev/fewstep/worker/unet/script_denoiser.pt")) {
      archive = in.readAllBytes();
    }
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private TorchScriptDenoiser load(Map<String, NDArray> weights, Shape image) {
    return TorchScriptDenoiser.load(archive, weights, image, PredictionType.EPSILON, manager);
  }

  @Test
  void givesPythonsOutputAndGradientsWithoutTheVarianceAndWithoutDropout() throws IOException {
    Map<String, NDArray> reference = ReferenceVectors.read(manager, "script_denoiser.npz");
    try (TorchScriptDenoiser net = load(Map.of(), new Shape(1, 6, 6))) {
      NDArray x = reference.get("x");
      x.setRequiresGradient(true);
      NDArray y = Autograd.recording(() -> net.predict(x, reference.get("t")));
      assertThat(ReferenceVectors.distance(y, reference.get("y"))).isLessThan(1e-6);
      Autograd.backward(y, reference.get("upstream"));
      assertThat(ReferenceVectors.distance(x.getGradient(), reference.get("grad_x")))
          .isLessThan(1e-6);
      assertThat(net.parameters().keySet())
          .containsExactly(
              "enter.weight",
              "enter.bias",
              "time.weight",
              "time.bias",
              "leave.weight",
              "leave.bias");
      net.parameters()
          .forEach(
              (name, value) ->
                  assertThat(
                          ReferenceVectors.distance(
                              value.getGradient(), reference.get("grad." + name)))
                      .as(name)
                      .isLessThan(1e-6));
    }
  }

  @Test
  void takesWeightsOfTheSameNames() throws IOException {
    Map<String, NDArray> reference = ReferenceVectors.read(manager, "script_denoiser.npz");
    Map<String, NDArray> zeros = new LinkedHashMap<>();
    try (TorchScriptDenoiser net = load(Map.of(), new Shape(1, 6, 6))) {
      net.parameters().forEach((name, value) -> zeros.put(name, manager.zeros(value.getShape())));
    }
    try (TorchScriptDenoiser net = load(zeros, new Shape(1, 6, 6))) {
      NDArray y = Autograd.off(() -> net.predict(reference.get("x"), reference.get("t")));
      assertThat(y.toFloatArray()).containsOnly(0f);
    }
    zeros.put("leave.scale", zeros.remove("leave.bias"));
    assertThatThrownBy(() -> load(zeros, new Shape(1, 6, 6)))
        .hasMessage("the weights lack the module's parameter leave.bias");
  }

  @Test
  void refusesAModuleThatDoesNotKeepTheShapeOfImages() {
    assertThatThrownBy(() -> load(Map.of(), new Shape(3, 6, 6)))
        .as("the module takes one channel")
        .isInstanceOf(RuntimeException.class);
    assertThat(load(Map.of(), new Shape(1, 8, 8)).gradientsAreShared()).isTrue();
  }
}
