package dev.fewstep.worker.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import net.razorvine.pickle.PickleException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PthFileTest {
  @TempDir Path folder;

  private static Path resource(String name) throws URISyntaxException {
    return Path.of(PthFileTest.class.getResource(name).toURI());
  }

  private static Object unpickle(String latin1) throws IOException {
    return new TensorUnpickler()
        .read(new ByteArrayInputStream(latin1.getBytes(StandardCharsets.ISO_8859_1)));
  }

  @Test
  void aFileOfPyTorchIsRead() throws Exception {
    try (NDManager manager = NDManager.newBaseManager()) {
      Map<String, NDArray> read = TensorFile.read(resource("features-state.pth"), manager);
      assertThat(read.keySet()).containsExactly("c1.weight", "c1.bias", "c2.weight", "c2.bias");
      assertThat(read.get("c1.weight").getShape()).isEqualTo(new Shape(16, 1, 3, 3));
      assertThat(read.get("c2.weight").getShape()).isEqualTo(new Shape(32, 16, 3, 3));
      // Read out of the zip by Python's struct module.
      assertThat(read.get("c1.weight").toFloatArray()).startsWith(0.3229972f, 0.46343157f);
      assertThat(read.get("c2.weight").sum().getFloat()).isCloseTo(-8.54524f, within(1e-4f));
      assertThat(read.get("c2.bias").sum().getFloat()).isCloseTo(0.258703f, within(1e-6f));
    }
  }

  @Test
  void aLegacyListIsReadInItsOrderWithViewsAndSharedStorages() throws Exception {
    Path file = resource("legacy-list.pth");
    try (NDManager manager = NDManager.newBaseManager()) {
      Map<String, NDArray> all = TensorFile.read(file, manager);
      assertThat(all.keySet())
          .containsExactly(
              "0.module.z.weight",
              "0.module.a.bias",
              "0.module.steps",
              "1.state.0.exp_avg",
              "4.z.weight",
              "4.a.bias");
      Map<String, NDArray> model = StateDict.withoutModulePrefix(StateDict.section(all, "0"));
      assertThat(model.get("z.weight").toFloatArray()).containsExactly(0, 1, 2, 3, 4, 5);
      assertThat(model.get("a.bias").toFloatArray()).containsExactly(0.25f);
      assertThat(model.get("steps").getDataType()).isEqualTo(DataType.INT64);
      Map<String, NDArray> ema = StateDict.section(all, "4");
      assertThat(ema.keySet()).containsExactly("z.weight", "a.bias");
      assertThat(ema.get("z.weight").toFloatArray()).containsExactly(0, 30, 10, 40, 20, 50);
      assertThat(ema.get("a.bias").toFloatArray()).containsExactly(40);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cos\nsystem\n(S'true'\ntR.",
        "(S'true'\nios\nsystem\n.",
        "cbuiltins\neval\n(S'1'\ntR.",
        "c__builtin__\nset\n)R.",
        "cdecimal\nDecimal\n(S'1'\ntR.",
        "\u0080\u0004\u008c\u0002os\u008c\u0006system\u0093.",
        "ctorch.jit\nload\n.",
        "cnumpy.core.multiarray\n_reconstruct\n.",
      })
  void everyOtherClassIsRefusedByName(String pickle) {
    assertThatThrownBy(() -> unpickle(pickle))
        .isInstanceOf(PickleException.class)
        .hasMessageContaining("wants to build")
        .hasMessageContaining(".");
  }

  @Test
  void theNameIsInTheErrorOfTheFile() throws IOException {
    Path file = folder.resolve("evil.pth");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("archive/data.pkl"));
      zip.write("cos\nsystem\n(S'true'\ntR.".getBytes(StandardCharsets.US_ASCII));
    }
    assertThatThrownBy(() -> TensorFile.readRaw(file))
        .isInstanceOf(TensorFormatException.class)
        .hasMessageContaining("evil.pth")
        .hasMessageContaining("'os.system'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "X\u00ff\u00ff\u00ff\u007fabc.", // text of 2 GiB
        "\u008e\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f.", // bytes of 2^63
        "\u0082\u0001.", // extension class
        "\u008f.", // empty set
        "(lq\u0001h\u0001s.", // an item of a list
        "}(]K\u0001u.", // a list as key
        "tR.",
        "}",
        "ctorch\nFloatStorage\n)R.", // a storage class is not callable
        "ctorch._utils\n_rebuild_tensor_v2\n)R.",
      })
  void damagedAndHostilePicklesEndInAnError(String pickle) {
    assertThatThrownBy(() -> unpickle(pickle))
        .isInstanceOfAny(PickleException.class, IOException.class);
  }

  @Test
  void aStateIsNeverGivenToAnObject() throws IOException {
    // BUILD with a dictionary on a dictionary: ignored.
    assertThat(unpickle("}(S'a'\nK\u0001u}S'x'\nK\u0002sb.")).isEqualTo(Map.of("a", 1));
  }

  @Test
  void aListInItselfEnds() throws IOException {
    Object tree = unpickle("]q\u0001h\u0001a.");
    assertThatThrownBy(() -> TensorTree.leaves(tree, 0))
        .isInstanceOf(PickleException.class)
        .hasMessageContaining("nested too deeply");
  }

  @Test
  void aViewMustStayInItsStorage() {
    java.nio.ByteBuffer storage = RawTensor.allocate(16);
    assertThatThrownBy(
            () ->
                Strided.gather(DataType.FLOAT32, new long[] {2, 2}, new long[] {3, 1}, 0, storage))
        .hasMessageContaining("element 4 of a storage of 4");
    assertThatThrownBy(
            () ->
                Strided.gather(
                    DataType.FLOAT32, new long[] {2}, new long[] {Long.MAX_VALUE}, 1, storage))
        .hasMessageContaining("beyond any storage");
    assertThatThrownBy(
            () ->
                Strided.gather(DataType.FLOAT32, new long[] {1L << 28}, new long[] {0}, 0, storage))
        .hasMessageContaining("expands");
  }

  @Test
  void namesAndShapesAreComparedWithThoseExpected() {
    StateDict.Difference difference =
        StateDict.compare(
            Map.of("conv_in.weight", new long[] {2}, "mid.x", new long[] {1}),
            Map.of("conv.weight", new long[] {2}, "mid.x", new long[] {3}));
    assertThat(difference.isEmpty()).isFalse();
    assertThat(difference.describe())
        .isEqualTo(
            "1 missing: conv.weight [2] (nearest in the file: conv_in.weight); "
                + "1 unexpected: conv_in.weight [2]; 1 of another shape: mid.x: [1], expected [3]");
    assertThat(StateDict.compare(Map.of(), Map.of()).isEmpty()).isTrue();
  }
}
