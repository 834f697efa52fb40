package dev.fewstep.worker.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.schemas.spec.NetworkSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NetworkInferenceTest {
  @Test
  void readsDdimsNetworksOffTheirTensors() {
    NetworkSpec celeba =
        NetworkInference.infer(
            ddim(64, List.of(1, 2, 2, 2, 4), List.of(16), true),
            NetworkHints.none().with("imageSize", 64).with("dropout", 0.1));
    assertThat(celeba.multipliers()).containsExactly(1, 2, 2, 2, 4);
    assertThat(celeba.attention()).containsExactly(16);
    assertThat(celeba.resBlocks()).isEqualTo(2);
    assertThat(celeba.width()).isEqualTo(128);
    assertThat(celeba.channels()).isEqualTo(3);
    assertThat(celeba.dropout()).isEqualTo(0.1);
    assertThat(celeba.resampConv()).isTrue();

    NetworkSpec pooled =
        NetworkInference.infer(
            ddim(32, List.of(1, 2), List.of(32, 16), false),
            NetworkHints.none().with("imageSize", 32));
    assertThat(pooled.resampConv()).isFalse();
    assertThat(pooled.attention()).containsExactly(32, 16);
  }

  @Test
  void saysWhatItCannotKnowAndWhatContradictsTheTensors() {
    Map<String, long[]> shapes = ddim(32, List.of(1, 2, 2, 2), List.of(16), true);
    assertThatThrownBy(() -> NetworkInference.infer(shapes, NetworkHints.none()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("imageSize");
    NetworkHints wrong =
        NetworkHints.none().with("imageSize", 32).with("multipliers", List.of(1, 2, 2));
    assertThatThrownBy(() -> NetworkInference.infer(shapes, wrong))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("multipliers [1,2,2,2], but [1,2,2] was said");
    assertThatThrownBy(() -> NetworkHints.none().with("imagesize", 32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no field 'imagesize'");
    assertThatThrownBy(
            () -> NetworkInference.infer(Map.of("fc.weight", new long[] {1}), NetworkHints.none()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not the tensors of a known denoiser")
        .hasMessageContaining("fc.weight");
  }

  private static Map<String, long[]> ddim(
      int size, List<Integer> multipliers, List<Integer> attention, boolean resampConv) {
    UNetConfig config =
        new UNetConfig(
            size, 3, 128, multipliers, 2, attention, 32, 0, 1, PredictionType.EPSILON, resampConv);
    Map<String, long[]> shapes = new LinkedHashMap<>();
    UNet.parameterShapes(config).forEach((name, shape) -> shapes.put(name, shape.getShape()));
    return shapes;
  }
}
