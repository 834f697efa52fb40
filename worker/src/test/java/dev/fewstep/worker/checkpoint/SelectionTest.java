package dev.fewstep.worker.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SelectionTest {
  @TempDir Path folder;

  private static RawTensor number(float value) {
    return new RawTensor(DataType.FLOAT32, new long[0], RawTensor.allocate(4).putFloat(0, value));
  }

  private Selection select(Object tree, String selector) throws IOException {
    Path file = folder.resolve("tree.pth");
    PthFile.write(file, tree);
    try (TensorArchive archive = TensorArchive.open(file)) {
      Selection selection = Selection.of(archive, Optional.ofNullable(selector));
      assertThat(selection.read(archive).keySet())
          .containsExactlyElementsOf(selection.names().values());
      assertThat(selection.shapes(archive).values()).allMatch(shape -> shape.length == 0);
      return selection;
    }
  }

  private static Map<String, Object> ordered(Object... pairs) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put((String) pairs[i], pairs[i + 1]);
    }
    return map;
  }

  @Test
  void ofDdimsListTheEmaElseTheModel() throws IOException {
    Object model = ordered("module.a.w", number(1));
    Object adam = ordered("state", Map.of(0, ordered("exp_avg", number(3))));
    Object ema = ordered("a.w", number(2));
    List<Object> five = List.of(model, adam, 7, 8, ema);
    assertThat(select(five, null)).isEqualTo(new Selection("/4", Map.of("4.a.w", "a.w")));
    assertThat(select(five, "ema").path()).isEqualTo("/4");
    assertThat(select(five, "model").names()).isEqualTo(Map.of("0.module.a.w", "a.w"));
    assertThat(select(five, "0").path()).isEqualTo("/0");
    assertThat(select(five, "/1/state/0").names())
        .isEqualTo(Map.of("1.state.0.exp_avg", "exp_avg"));
    assertThat(select(five, "all").names()).hasSize(3);
    List<Object> four = List.of(model, adam, 7, 8);
    assertThat(select(four, null).path()).isEqualTo("/0");
    assertThatThrownBy(() -> select(four, "ema"))
        .hasMessageContaining(
            "has no tensors at 'ema'; it has them at / (2 tensors), /0 (1 tensor");
  }

  @Test
  void ofADictionaryTheEmaElseTheModel() throws IOException {
    Object weights = ordered("module._orig_mod.x.y", number(1), "module._orig_mod.z", number(1));
    Map<String, Object> tree =
        ordered("epoch", 3, "state_dict", weights, "optimizer", ordered("m", number(3)));
    assertThat(select(tree, null).names())
        .isEqualTo(
            Map.of("state_dict.module._orig_mod.x.y", "x.y", "state_dict.module._orig_mod.z", "z"));
    tree.put("ema", ordered("x.y", number(4)));
    assertThat(select(tree, null).path()).isEqualTo("/ema");
    assertThat(select(tree, "model").path()).isEqualTo("/state_dict");
    assertThat(select(tree, "optimizer").names()).isEqualTo(Map.of("optimizer.m", "m"));
    assertThatThrownBy(() -> select(tree, "/ema/q")).hasMessageContaining("/ema (1 tensors)");
  }

  @Test
  void aPlainStateDictionaryIsTakenWhole() throws IOException {
    Object plain = ordered("ema.a", number(1), "model.b", number(2), "0.c", number(3));
    assertThat(select(plain, null).names()).hasSize(3).containsEntry("ema.a", "ema.a");
    assertThat(select(plain, "/model").names()).isEqualTo(Map.of("model.b", "b"));
  }
}
