package dev.fewstep.worker.task.program;

import static dev.fewstep.worker.diffusion.ReferenceVectors.distance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.NetworkSpec;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.schemas.spec.TimestepSpacing;
import dev.fewstep.worker.diffusion.DdimSampler;
import dev.fewstep.worker.diffusion.Denoiser;
import dev.fewstep.worker.diffusion.UNet;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.ScriptTrust;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NetworksTest {
  @TempDir private Path folder;
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = TorchEngine.newManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private static NetworkSpec spec(String fields) throws IOException {
    return Json.specs().readValue(fields, NetworkSpec.class);
  }

  private static NetworkSpec conditional() throws IOException {
    return spec(
        "{\"architecture\":\"openai\",\"imageSize\":8,\"channels\":1,\"width\":8,\"groups\":4,"
            + "\"multipliers\":[1,2],\"resBlocks\":1,\"attention\":[4],\"headChannels\":4,"
            + "\"resblockUpdown\":true,\"learnedSigma\":true,\"classes\":3,"
            + "\"rescaleTimesteps\":true,\"schedule\":{\"kind\":\"cosine\",\"trainTimesteps\":40}}");
  }

  @Test
  void keepsAConditionalNetworkAndLabelsItsImagesByTheirIndex() throws IOException {
    Path file = folder.resolve("weights.safetensors");
    try (Denoiser net = Networks.initialise(conditional(), manager, 3, false)) {
      Networks.save(file, net.parameters(), conditional());
    }
    SamplingSpec drawn = new SamplingSpec(4, TimestepSpacing.DDIM, 0.0);
    try (Networks.Loaded loaded = Networks.load(file, manager)) {
      assertThat(loaded.spec()).isEqualTo(conditional());
      DdimSampler sampler = Networks.sampler(loaded.denoiser(), loaded.schedule(), drawn);
      NDArray all = sampler.images(manager, 5, 0, 4);
      assertThat(distance(sampler.images(manager, 5, 2, 2), all.get("2:4"))).isLessThan(1e-6);
      assertThat(sampler.labels().of(5, 0, 0, 100)).contains(0, 1, 2).hasSize(100);

      NDArray first = fixed(loaded, 0).images(manager, 5, 0, 4);
      NDArray second = fixed(loaded, 1).images(manager, 5, 0, 4);
      assertThat(distance(first, second)).isGreaterThan(1e-4);
      assertThatThrownBy(() -> fixed(loaded, 3))
          .isInstanceOf(TaskFailure.class)
          .hasMessageContaining("0 to 2");

      // The network sees t 1000 / T.
      NDArray x = AtenOps.noise(manager, new Shape(1, 1, 8, 8), 1);
      NetworkSpec plain =
          Json.specs()
              .treeToValue(
                  ((ObjectNode) Json.toTree(conditional())).put("rescaleTimesteps", false),
                  NetworkSpec.class);
      try (Denoiser unscaled = Networks.load(plain, manager, loaded.denoiser().parameters())) {
        NDArray scaled =
            loaded.denoiser().withLabels(1).predict(x, manager.create(new float[] {3}));
        NDArray same = unscaled.withLabels(1).predict(x, manager.create(new float[] {75}));
        assertThat(distance(scaled, same)).isLessThan(1e-6);
      }
    }
  }

  private static DdimSampler fixed(Networks.Loaded loaded, int label) {
    return Networks.sampler(
        loaded.denoiser(),
        loaded.schedule(),
        new SamplingSpec(4, TimestepSpacing.DDIM, 0.0, List.of(), label));
  }

  @Test
  void carriesATorchScriptModuleInItsWeightsWhereCodeIsTrusted() throws IOException {
    byte[] archive;
    try (var in = getClass().getResourceAsStream("/dev/fewstep/worker/unet/script_denoiser.pt")) {
      archive = in.readAllBytes();
    }
    NetworkSpec spec = spec("{\"architecture\":\"torchscript\",\"imageSize\":6,\"channels\":1}");
    Path file = folder.resolve("script.safetensors");
    Path changed = folder.resolve("changed.safetensors");
    Networks.save(file, Networks.withArchive(Map.of(), archive, manager), spec);
    boolean before = ScriptTrust.allowed();
    try {
      ScriptTrust.set(false);
      assertThatThrownBy(() -> Networks.load(file, manager))
          .isInstanceOf(TaskFailure.class)
          .hasMessageContaining(ScriptTrust.VARIABLE);
      ScriptTrust.set(true);
      NDArray x = AtenOps.noise(manager, new Shape(2, 1, 6, 6), 1);
      NDArray t = manager.full(new Shape(2), 7f);
      NDArray expected;
      try (Networks.Loaded loaded = Networks.load(file, manager)) {
        NDArray original = loaded.denoiser().predict(x, t);
        loaded.denoiser().parameters().get("leave.bias").setRequiresGradient(false);
        loaded.denoiser().parameters().get("leave.bias").addi(1f);
        expected = loaded.denoiser().predict(x, t);
        assertThat(distance(expected, original)).isGreaterThan(1e-2);
        Networks.save(changed, loaded.denoiser().parameters(), loaded);
      }
      try (Networks.Loaded loaded = Networks.load(changed, manager)) {
        assertThat(distance(loaded.denoiser().predict(x, t), expected)).isLessThan(1e-6);
      }
    } finally {
      ScriptTrust.set(before);
    }
  }

  @Test
  void joinsLevelsWithoutConvolutions() throws IOException {
    NetworkSpec spec =
        spec(
            "{\"imageSize\":8,\"channels\":1,\"width\":8,\"groups\":4,\"multipliers\":[1,2],"
                + "\"resBlocks\":1,\"attention\":[4],\"resampConv\":false}");
    assertThat(UNet.parameterShapes(Networks.config(spec)).keySet())
        .noneMatch(name -> name.contains("sample"));
    try (Denoiser net = Networks.initialise(spec, manager, 3, false)) {
      NDArray x = AtenOps.noise(manager, new Shape(2, 1, 8, 8), 1);
      assertThat(net.predict(x, manager.full(new Shape(2), 7f)).getShape()).isEqualTo(x.getShape());
    }
  }

  @Test
  void refusesFieldsOfAnotherArchitecture() {
    assertThatThrownBy(() -> spec("{\"heads\":4}")).hasMessageContaining("architecture openai");
    assertThatThrownBy(() -> spec("{\"learnedSigma\":true}"))
        .hasMessageContaining("openai and torchscript");
    assertThatThrownBy(() -> spec("{\"architecture\":\"openai\",\"patch\":2}"))
        .hasMessageContaining("patch");
  }
}
