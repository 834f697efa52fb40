package dev.fewstep.worker.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.diffusion.PredictionType;
import dev.fewstep.worker.diffusion.UNet;
import dev.fewstep.worker.diffusion.UNetConfig;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiffusersNamesTest {
  private static final Map<String, String> OLD_NAMES =
      Map.of("to_q", "query", "to_k", "key", "to_v", "value", "to_out.0", "proj_attn");

  @TempDir private Path folder;

  private Map<String, RawTensor> reference() throws IOException {
    Path file = folder.resolve("unet2d.npz");
    try (var in = getClass().getResourceAsStream("unet2d.npz")) {
      Files.write(file, in.readAllBytes());
    }
    return TensorFile.readRaw(file);
  }

  private static Map<String, RawTensor> model(Map<String, RawTensor> reference) {
    Map<String, RawTensor> model = new LinkedHashMap<>();
    reference.forEach(
        (name, tensor) -> {
          if (name.startsWith("net/")) {
            model.put(name.substring(4), tensor);
          }
        });
    return model;
  }

  private static double difference(float[] a, float[] b) {
    double square = 0;
    double norm = 0;
    for (int i = 0; i < b.length; i++) {
      square += Math.pow(a[i] - b[i], 2);
      norm += (double) b[i] * b[i];
    }
    return Math.sqrt(square / norm);
  }

  @Test
  void givesTheOutputOfDiffusers() throws IOException {
    Map<String, RawTensor> reference = reference();
    UNetConfig config =
        new UNetConfig(8, 3, 8, List.of(1, 2, 2), 1, List.of(4), 4, 0, 1, PredictionType.EPSILON);
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      Map<String, NDArray> weights = new LinkedHashMap<>();
      DiffusersNames.toNative(model(reference))
          .forEach((name, tensor) -> weights.put(name, tensor.toArray(manager)));
      try (UNet net = UNet.load(config, manager, weights)) {
        NDArray x = reference.get("x").toArray(manager);
        NDArray t = reference.get("t").toArray(manager);
        float[] found = Autograd.off(() -> net.predict(x, t)).toFloatArray();
        float[] expected = reference.get("y").toArray(manager).toFloatArray();
        assertThat(difference(found, expected)).isLessThan(1e-5);
      }
    }
  }

  @Test
  void readsTheOldNamesOfAttentionAlike() throws IOException {
    Map<String, RawTensor> model = model(reference());
    Map<String, RawTensor> old = new LinkedHashMap<>();
    model.forEach(
        (name, tensor) -> {
          String renamed = name;
          for (Map.Entry<String, String> pair : OLD_NAMES.entrySet()) {
            renamed = renamed.replace("." + pair.getKey() + ".", "." + pair.getValue() + ".");
          }
          old.put(renamed, tensor);
        });
    assertThat(old.keySet()).isNotEqualTo(model.keySet());
    assertThat(DiffusersNames.matches(old.keySet())).isTrue();
    assertThat(DiffusersNames.toNative(old).keySet())
        .containsExactlyElementsOf(DiffusersNames.toNative(model).keySet());
  }

  @Test
  void countsUpBlocksFromTheFinestLevelAsDdimDoes() {
    assertThat(DiffusersNames.toNative("up_blocks.0.resnets.2.conv_shortcut.weight", 4))
        .contains("up.3.block.2.nin_shortcut.weight");
    assertThat(DiffusersNames.toNative("up_blocks.2.attentions.1.proj_attn.bias", 4))
        .contains("up.1.attn.1.proj_out.bias");
    assertThat(DiffusersNames.toNative("down_blocks.1.downsamplers.0.conv.bias", 4))
        .contains("down.1.downsample.conv.bias");
    assertThat(DiffusersNames.toNative("mid_block.resnets.1.time_emb_proj.weight", 4))
        .contains("mid.block_2.temb_proj.weight");
    assertThat(DiffusersNames.toNative("mid_block.attentions.0.group_norm.weight", 4))
        .contains("mid.attn_1.norm.weight");
  }

  @Test
  void namesTheTensorThatSuchAModelDoesNotHave() throws IOException {
    Map<String, RawTensor> model = model(reference());
    model.put("class_embedding.weight", model.get("conv_in.weight"));
    assertThatThrownBy(() -> DiffusersNames.toNative(model))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("class_embedding.weight is not a tensor of a diffusers");
  }
}
