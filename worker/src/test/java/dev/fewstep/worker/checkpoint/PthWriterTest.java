package dev.fewstep.worker.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import dev.fewstep.schemas.Digests;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PthWriterTest {
  private static final List<DataType> TYPES =
      List.of(
          DataType.FLOAT32,
          DataType.FLOAT64,
          DataType.FLOAT16,
          DataType.BFLOAT16,
          DataType.INT64,
          DataType.INT32,
          DataType.INT16,
          DataType.INT8,
          DataType.UINT8,
          DataType.BOOLEAN);

  @TempDir Path folder;

  /** Bytes 0, 1, 0, 1 … are a value of every type, and of boolean a legal one. */
  private static RawTensor tensor(DataType type, long... shape) {
    ByteBuffer bytes = RawTensor.allocate(RawTensor.byteSize(type, shape));
    for (int i = 0; i < bytes.limit(); i++) {
      bytes.put(i, (byte) (i % 2));
    }
    return new RawTensor(type, shape, bytes);
  }

  private static Map<String, RawTensor> everything() {
    Map<String, RawTensor> tensors = new LinkedHashMap<>();
    for (DataType type : TYPES) {
      tensors.put("z." + type, tensor(type, 3, 2, 5));
      tensors.put("scalar." + type, tensor(type));
      tensors.put("empty." + type, tensor(type, 2, 0, 3));
    }
    tensors.put("naïve.名前", tensor(DataType.FLOAT32, 300, 7));
    return tensors;
  }

  private static void assertSame(Map<String, RawTensor> found, Map<String, RawTensor> expected) {
    assertThat(found.keySet()).containsExactlyElementsOf(expected.keySet());
    expected.forEach(
        (name, tensor) -> {
          assertThat(found.get(name).type()).as(name).isEqualTo(tensor.type());
          assertThat(found.get(name).shape()).as(name).isEqualTo(tensor.shape());
          assertThat(found.get(name).bytes()).as(name).isEqualTo(tensor.bytes());
        });
  }

  @Test
  void everyTypeAndShapeComesBack() throws Exception {
    Path file = folder.resolve("all.pth");
    TensorFile.writeRaw(file, everything(), Map.of());
    assertSame(TensorFile.readRaw(file), everything());
  }

  @Test
  void equalTensorsMakeTheseBytesOnEveryMachine() throws Exception {
    Path file = folder.resolve("small.pth");
    Map<String, RawTensor> tensors = new LinkedHashMap<>();
    tensors.put("conv_in.weight", tensor(DataType.FLOAT32, 2, 3));
    tensors.put("conv_in.bias", tensor(DataType.FLOAT32, 2));
    PthFile.write(file, tensors);
    assertThat(Digests.sha256Hex(Files.readAllBytes(file)))
        .isEqualTo("634146a00dedbbc2aae54f396e5f83fee30ba1576cd6f25114d699e0caa3ab21");
  }

  @Test
  void storagesAreStoredAndAligned() throws Exception {
    Path file = folder.resolve("aligned.pth");
    PthFile.write(file, everything());
    byte[] bytes = Files.readAllBytes(file);
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : zip.stream().toList()) {
        assertThat(entry.getMethod()).isEqualTo(ZipEntry.STORED);
      }
    }
    int entries = 0;
    for (int i = 0; i + 30 < bytes.length; i++) {
      if (bytes[i] == 'P' && bytes[i + 1] == 'K' && bytes[i + 2] == 3 && bytes[i + 3] == 4) {
        int name = (bytes[i + 26] & 0xff) + ((bytes[i + 27] & 0xff) << 8);
        int extra = (bytes[i + 28] & 0xff) + ((bytes[i + 29] & 0xff) << 8);
        assertThat((i + 30 + name + extra) % 64).isZero();
        entries++;
      }
    }
    assertThat(entries).isEqualTo(everything().size() + 3);
  }

  @Test
  void theListOfDdimHasThePrefixAndTheEma() throws Exception {
    Map<String, RawTensor> model = new LinkedHashMap<>();
    model.put("b", tensor(DataType.FLOAT32, 2));
    model.put("a", tensor(DataType.INT64));
    Path file = folder.resolve("list.pth");
    PthFile.write(file, DdimCheckpoint.of(model, 5e-6, 3, 1L << 40, Optional.of(model)));
    assertThat(TensorFile.readRaw(file).keySet())
        .containsExactly("0.module.b", "0.module.a", "4.b", "4.a");
    PthFile.write(file, DdimCheckpoint.of(model, 5e-6, 3, 7, Optional.empty()));
    assertThat(TensorFile.readRaw(file).keySet()).containsExactly("0.module.b", "0.module.a");
  }

  @Test
  void whatPythonCouldNotReadIsRefused() {
    Path file = folder.resolve("x.pth");
    assertThatThrownBy(() -> PthFile.write(file, List.of(new StringBuilder())))
        .hasMessageContaining("StringBuilder");
    assertThatThrownBy(
            () -> TensorFile.writeRaw(file, everything(), Map.of("fewstep.network", "{}")))
        .hasMessageContaining("without metadata to .npz or .pth");
    assertThat(file).doesNotExist();
  }
}
